// Sign-in providers: which are linked to who is signed in, linking one and unlinking it; nothing where there are none.
import { asProblem } from "@/shared/api/client";
import { FACTORS, factorsQuery, type Linked, linkProvider, type Offer, offersQuery, unlinkProvider } from "@/shared/api/sign-in";
import { keys } from "@/shared/api/queries";
import { formatDate } from "@/shared/text/format";
import { Button } from "@/shared/ui/button";
import { Confirm } from "@/shared/ui/dialog";
import { Field, typed } from "@/shared/ui/field";
import { ErrorNotice } from "@/shared/ui/notice";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { Section } from "./section";

export function Providers() {
  const offers = useQuery(offersQuery).data ?? [];
  const factors = useQuery(factorsQuery).data;
  const [leaving, setLeaving] = useState<Linked | null>(null);
  if (!factors || !(offers.length || factors.linked.length)) return null;
  const others = offers.filter((offer) => !factors.linked.some((linked) => linked.id === offer.id));
  return (
    <Section title="Sign-in providers">
      <p className="mb-4 text-sm leading-relaxed text-muted">Once a provider is linked to you, you can sign in with it from then on.</p>
      <ul data-testid="linked">
        {factors.linked.map((linked) => (
          <li key={linked.id} className="flex items-center gap-3 border-b border-line py-2.5 text-sm last:border-0">
            <span className="min-w-0 flex-1 truncate font-medium">{linked.label}</span>
            <span className="text-xs text-faint">since {formatDate(linked.since)}</span>
            <Button look="quiet" onClick={() => setLeaving(linked)}>
              Unlink
            </Button>
          </li>
        ))}
      </ul>
      {others.length > 0 && <Link offers={others} needsCurrent={factors.needs_current} />}
      {leaving && <Unlink linked={leaving} onClose={() => setLeaving(null)} />}
    </Section>
  );
}

function Link({ offers, needsCurrent }: { offers: Offer[]; needsCurrent: boolean }) {
  const going = useMutation({ mutationFn: linkProvider });
  return (
    <form
      className="mt-4 max-w-sm space-y-4"
      onSubmit={(event) => {
        event.preventDefault();
        const chosen = event.nativeEvent.submitter?.getAttribute("value") ?? "";
        const current = typed(event.currentTarget, "current");
        going.mutate({ id: chosen, returnTo: "/settings", ...(current && { current }) });
      }}
    >
      {needsCurrent && <Field label="Current password" name="current" type="password" required maxLength={200} autoComplete="current-password" />}
      <div className="flex flex-wrap gap-2">
        {offers.map((offer) => (
          <Button key={offer.id} type="submit" value={offer.id} disabled={going.isPending}>
            Link {offer.label}
          </Button>
        ))}
      </div>
      {going.isError && <ErrorNotice error={going.error} />}
    </form>
  );
}

function Unlink({ linked, onClose }: { linked: Linked; onClose: () => void }) {
  const client = useQueryClient();
  const removal = useMutation({
    mutationFn: () => unlinkProvider(linked.id),
    onSuccess: async () => {
      onClose();
      // Where the provider began this session, it has ended with the link.
      await Promise.all([FACTORS, keys.session].map((queryKey) => client.invalidateQueries({ queryKey })));
    },
  });
  const problem = removal.error && asProblem(removal.error);
  return (
    <Confirm
      title={`Unlink ${linked.label}?`}
      text={problem ? `${problem.title} ${problem.detail}` : "It signs you in no more, and sessions that it began end."}
      action="Unlink"
      busy={removal.isPending}
      onConfirm={() => removal.mutate()}
      onClose={onClose}
    />
  );
}
