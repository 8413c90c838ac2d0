// Documents that an earlier version read answer as they were read; here they can be read anew.
import { keys, reparse, toReparseQuery } from "@/shared/api/queries";
import { formatCount } from "@/shared/text/format";
import { Button } from "@/shared/ui/button";
import { ErrorNotice } from "@/shared/ui/notice";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";

export function ReadBefore() {
  const client = useQueryClient();
  const count = useQuery(toReparseQuery).data ?? 0;
  const again = useMutation({
    mutationFn: reparse,
    onSettled: () => Promise.all([keys.toReparse, keys.batches, keys.documents].map((queryKey) => client.invalidateQueries({ queryKey }))),
  });
  if (count === 0) return null;
  return (
    <div className="mt-6 flex flex-wrap items-center gap-x-4 gap-y-3 rounded-2xl bg-sunken px-5 py-4 text-[0.86rem] leading-relaxed" data-testid="read-before">
      <p className="min-w-0 flex-1 basis-72">
        {formatCount(count, "document")} {count === 1 ? "was" : "were"} read by an earlier version of Pincite, or without what is installed now. {count === 1 ? "It answers" : "They answer"} as
        before while {count === 1 ? "it is" : "they are"} read anew.
      </p>
      <Button data-testid="reparse" disabled={again.isPending} onClick={() => again.mutate()}>
        Read anew
      </Button>
      {again.isError && <ErrorNotice error={again.error} />}
    </div>
  );
}
