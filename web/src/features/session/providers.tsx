// The providers that people sign in with: one button each, and nothing where there are none.
import { goToProvider, offersQuery } from "@/shared/api/sign-in";
import { Button } from "@/shared/ui/button";
import { ErrorNotice } from "@/shared/ui/notice";
import { useMutation, useQuery } from "@tanstack/react-query";

export function Providers() {
  const offers = useQuery(offersQuery);
  const going = useMutation({ mutationFn: (id: string) => goToProvider(id, "/") });
  if (!offers.data?.length) return null;
  return (
    <div className="mt-6 space-y-3 border-b border-line pb-6" data-testid="providers">
      {offers.data.map((offer) => (
        <Button key={offer.id} className="w-full" disabled={going.isPending} onClick={() => going.mutate(offer.id)}>
          Sign in with {offer.label}
        </Button>
      ))}
      {going.isError && <ErrorNotice error={going.error} />}
    </div>
  );
}
