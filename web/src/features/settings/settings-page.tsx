// Settings: what concerns who is signed in, and for admins who else there is and who answers.
import { ASSISTANTS } from "@/shared/api/assistants";
import { sessionQuery, signOut, signedOut, statusQuery } from "@/shared/api/queries";
import { wayOut } from "@/shared/api/sign-in";
import { useIsAdmin } from "@/shared/share/use-is-admin";
import { forgetDrafts } from "@/shared/text/drafts";
import { Button } from "@/shared/ui/button";
import { ErrorNotice } from "@/shared/ui/notice";
import { type Theme, useTheme } from "@/shared/ui/theme";
import { useTitle } from "@/shared/ui/use-title";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { ApiKeys } from "./api-keys";
import { Assistants } from "./assistants";
import { Groups } from "./groups";
import { Password } from "./password";
import { People } from "./people";
import { Providers } from "./providers";
import { SecondFactor } from "./second-factor";
import { Section } from "./section";
import { Sessions } from "./sessions";
import { type Tab, Tabs } from "./tabs";
import { UsageFacts } from "./usage";

export function SettingsPage() {
  useTitle("Settings");
  const [chosen, choose] = useState<Tab>("account");
  const [wasSetUp, setUp] = useState(false); // once opened, the long form stays, with what has been typed into it
  const isAdmin = useIsAdmin();
  const client = useQueryClient();
  const show = (tab: Tab) => {
    choose(tab);
    if (tab !== "assistants") return;
    if (wasSetUp) void client.invalidateQueries({ queryKey: ASSISTANTS });
    setUp(true);
  };
  return (
    <div className="h-full overflow-y-auto">
      <div className="mx-auto max-w-[43rem] px-5 py-8 sm:px-8 sm:py-12">
        <h1 className="font-serif text-3xl font-semibold tracking-tight">Settings</h1>
        {isAdmin && <Tabs chosen={chosen} onChoose={show} />}
        {!(isAdmin && chosen === "assistants") && <Parts of={isAdmin ? chosen : "account"} isAdmin={isAdmin} />}
        {isAdmin && wasSetUp && (
          <div hidden={chosen !== "assistants"}>
            <Assistants />
          </div>
        )}
      </div>
    </div>
  );
}

function Parts({ of, isAdmin }: { of: Tab; isAdmin: boolean }) {
  if (of === "people") {
    return (
      <>
        <People />
        <Groups />
      </>
    );
  }
  return (
    <>
      <Account />
      <Appearance />
      <Password />
      <SecondFactor />
      <Providers />
      <Sessions />
      <ApiKeys />
      {isAdmin && <UsageFacts />}
      <Installation />
    </>
  );
}

function Account() {
  const client = useQueryClient();
  const session = useQuery(sessionQuery).data;
  const leave = useMutation({
    mutationFn: async () => {
      // Whoever cannot be asked where to go keeps nobody signed in.
      const url = await wayOut().catch(() => null);
      await signOut();
      return url;
    },
    onSuccess: (url) => {
      signedOut(client);
      forgetDrafts();
      if (url && /^https?:\/\//.test(url)) window.location.assign(url);
    },
  });
  if (!session) return null;
  return (
    <Section title="You">
      <div className="flex flex-wrap items-center justify-between gap-3 text-sm">
        <p>
          <span className="font-medium">{session.user.name}</span>
          <span className="text-muted"> · {session.user.roles.join(", ")}</span>
        </p>
        <Button onClick={() => leave.mutate()}>Sign out</Button>
      </div>
    </Section>
  );
}

const THEMES: [Theme, string][] = [
  ["system", "As the system"],
  ["light", "Light"],
  ["dark", "Dark"],
];

function Appearance() {
  const [theme, choose] = useTheme();
  return (
    <Section title="Appearance">
      <div role="radiogroup" aria-label="Theme" className="inline-flex rounded-xl border border-line bg-sunken p-1">
        {THEMES.map(([value, label]) => (
          <label
            key={value}
            className="cursor-pointer rounded-lg px-3.5 py-1.5 text-sm text-muted has-checked:bg-raised has-checked:text-ink has-checked:shadow-sheet has-focus-visible:outline-2 has-focus-visible:outline-accent"
          >
            <input type="radio" name="theme" className="sr-only" checked={theme === value} onChange={() => choose(value)} />
            {label}
          </label>
        ))}
      </div>
    </Section>
  );
}

function Installation() {
  const status = useQuery(statusQuery);
  if (status.isError) {
    return (
      <Section title="This Pincite">
        <ErrorNotice error={status.error} />
      </Section>
    );
  }
  const { data } = status;
  if (!data) return null;
  const facts = [
    ["Version", data.version],
    ["Answers", data.mode === "extractive" ? "quoted from your documents; no model is configured" : `written by ${data.model ?? "a model"}`],
    ["Embedder", data.embedder],
    ["Documents", data.documents.toLocaleString("en")],
  ];
  return (
    <Section title="This Pincite">
      <dl className="grid grid-cols-[7rem_1fr] gap-y-1.5 text-sm">
        {facts.map(([name, value]) => (
          <div key={name} className="contents">
            <dt className="text-muted">{name}</dt>
            <dd className="break-words">{value}</dd>
          </div>
        ))}
      </dl>
      {data.mode === "extractive" && (
        <p className="mt-4 text-sm leading-relaxed text-muted">
          To have answers written by a model, set a provider key or start Ollama; <code className="font-mono">pincite doctor</code> says what it finds.
        </p>
      )}
    </Section>
  );
}
