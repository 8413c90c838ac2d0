// The second factor: a secret for an app, shown once; a code that proves it; recovery codes, shown once.
import { beginFactor, confirmFactor, FACTORS, type Factors, factorsQuery, type NewFactor, turnFactorOff } from "@/shared/api/sign-in";
import { Button } from "@/shared/ui/button";
import { CopyButton } from "@/shared/ui/copy-button";
import { Field, typed } from "@/shared/ui/field";
import { ErrorNotice } from "@/shared/ui/notice";
import { QrCode } from "@/shared/ui/qr-code";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { Section } from "./section";

export function SecondFactor() {
  const factors = useQuery(factorsQuery).data;
  const [made, setMade] = useState<NewFactor | null>(null);
  const [recovery, setRecovery] = useState<string[] | null>(null);
  if (!factors?.password) return null;
  return (
    <Section title="Second factor">
      {recovery && <RecoveryCodes codes={recovery} onDone={() => setRecovery(null)} />}
      {!recovery && factors.second_factor && <TurnOff left={factors.recovery_codes} />}
      {!recovery && !factors.second_factor && !made && <Begin factors={factors} onMade={setMade} />}
      {!recovery && !factors.second_factor && made && (
        <Confirm
          made={made}
          onConfirmed={(codes) => {
            setRecovery(codes);
            setMade(null);
          }}
        />
      )}
    </Section>
  );
}

function Begin({ factors, onMade }: { factors: Factors; onMade: (made: NewFactor) => void }) {
  const begin = useMutation({ mutationFn: beginFactor, onSuccess: onMade });
  return (
    <form
      className="max-w-sm space-y-4"
      onSubmit={(event) => {
        event.preventDefault();
        begin.mutate(typed(event.currentTarget, "current") || undefined);
      }}
    >
      <p className="text-sm leading-relaxed text-muted">With a second factor, a code of an authenticator app is asked for after your password.</p>
      {factors.needs_current && <Field label="Current password" name="current" type="password" required maxLength={200} autoComplete="current-password" />}
      <Button type="submit" disabled={begin.isPending}>
        Set up a second factor
      </Button>
      {begin.isError && <ErrorNotice error={begin.error} />}
    </form>
  );
}

function Confirm({ made, onConfirmed }: { made: NewFactor; onConfirmed: (codes: string[]) => void }) {
  const client = useQueryClient();
  const confirm = useMutation({
    mutationFn: confirmFactor,
    onSuccess: async ({ recovery_codes }) => {
      onConfirmed(recovery_codes);
      await client.invalidateQueries({ queryKey: FACTORS });
    },
  });
  return (
    <form
      className="max-w-sm space-y-4"
      onSubmit={(event) => {
        event.preventDefault();
        confirm.mutate(typed(event.currentTarget, "code"));
      }}
    >
      <p className="text-sm leading-relaxed text-muted">
        Scan this with your authenticator app, or add the secret by hand or by <a className="underline" href={made.uri}>its link</a>. It is shown this once.
      </p>
      <QrCode text={made.uri} label="The secret as a QR code" />
      <div className="flex items-center gap-2">
        <code className="min-w-0 flex-1 font-mono text-sm break-all" data-testid="factor-secret">
          {made.secret.replace(/(.{4})(?=.)/g, "$1 ")}
        </code>
        <CopyButton label="Copy the secret" text={() => made.secret} />
      </div>
      <Field label="Code that the app shows now" name="code" required minLength={6} maxLength={10} autoComplete="one-time-code" inputMode="numeric" />
      <Button type="submit" look="primary" disabled={confirm.isPending}>
        Turn it on
      </Button>
      {confirm.isError && <ErrorNotice error={confirm.error} />}
    </form>
  );
}

function RecoveryCodes({ codes, onDone }: { codes: string[]; onDone: () => void }) {
  return (
    <div className="rounded-xl border border-accent/40 bg-accent-soft p-4 text-sm" role="status" data-testid="recovery-codes">
      <p className="font-medium">The second factor is on. Keep these recovery codes; they cannot be shown again.</p>
      <p className="mt-1 text-muted">Each is good once, in place of a code, when your app is gone.</p>
      <ul className="mt-3 grid gap-1 font-mono text-xs sm:grid-cols-2">
        {codes.map((code) => (
          <li key={code}>{code}</li>
        ))}
      </ul>
      <div className="mt-3 flex gap-2">
        <CopyButton words label="Copy all" text={() => codes.join("\n")} />
        <Button look="quiet" onClick={onDone}>
          I have kept them
        </Button>
      </div>
    </div>
  );
}

function TurnOff({ left }: { left: number }) {
  const client = useQueryClient();
  const off = useMutation({ mutationFn: turnFactorOff, onSuccess: () => client.invalidateQueries({ queryKey: FACTORS }) });
  return (
    <form
      className="max-w-sm space-y-4"
      onSubmit={(event) => {
        event.preventDefault();
        off.mutate(typed(event.currentTarget, "code"));
      }}
    >
      <p className="text-sm leading-relaxed text-muted">It is on; {left} recovery codes are left. To turn it off takes a code of your app, or a recovery code.</p>
      <Field label="Code" name="code" required minLength={6} maxLength={40} autoComplete="one-time-code" />
      <Button type="submit" disabled={off.isPending}>
        Turn it off
      </Button>
      {off.isError && <ErrorNotice error={off.error} />}
    </form>
  );
}
