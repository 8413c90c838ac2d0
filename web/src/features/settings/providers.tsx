// Linking a sign-in provider to who is signed in; nothing where there are none.
import { goToProvider, offersQuery } from "@/shared/api/sign-in";
import { Button } from "@/shared/ui/button";
import { ErrorNotice } from "@/shared/ui/notice";
import { useMutation, useQuery } from "@tanstack/react-query";
import { Section } from "./section";

export function Providers() {
  const offers = useQuery(offersQuery);
  const going = useMutation({ mutationFn: (id: string) => goToProvider(id, "/settings", true) });
  if (!offers.data?.length) return null;
  return (
    <Section title="Sign-in providers">
      <p className="mb-4 text-sm leading-relaxed text-muted">Once a provider is linked to you, you can sign in with it from then on.</p>
      <div className="flex flex-wrap gap-2">
        {offers.data.map((offer) => (
          <Button key={offer.id} disabled={going.isPending} onClick={() => going.mutate(offer.id)}>
            Link {offer.label}
          </Button>
        ))}
      </div>
      {going.isError && <ErrorNotice error={going.error} />}
    </Section>
  );
}
