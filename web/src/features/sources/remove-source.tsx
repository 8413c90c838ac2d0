// Removing a source, with what becomes of its documents; and deleting what is gone from its place.
import { asProblem } from "@/shared/api/client";
import { removeSource, type Source, SOURCES, syncAndDelete } from "@/shared/api/sources";
import { formatCount } from "@/shared/text/format";
import { Button } from "@/shared/ui/button";
import { Confirm, Dialog } from "@/shared/ui/dialog";
import { typed } from "@/shared/ui/field";
import { ErrorNotice } from "@/shared/ui/notice";
import { useMutation, useQueryClient } from "@tanstack/react-query";

interface Props {
  source: Source;
  collection: string | null | undefined;
  onGone: () => void;
  onClose: () => void;
}

export function RemoveSource({ source, collection, onGone, onClose }: Props) {
  const client = useQueryClient();
  const removal = useMutation({
    mutationFn: (withDocuments: boolean) => removeSource(source.id, withDocuments),
    onSuccess: () => {
      onClose();
      onGone();
    },
    onSettled: () => client.invalidateQueries({ queryKey: SOURCES }),
  });
  const many = formatCount(source.items, "document");
  return (
    <Dialog title={`Remove ${source.name}?`} onClose={onClose}>
      <form
        data-testid="remove-source"
        onSubmit={(event) => {
          event.preventDefault();
          removal.mutate(typed(event.currentTarget, "documents") === "remove");
        }}
      >
        <p className="mt-2 text-sm leading-relaxed text-muted">It is not looked at any more. In the place itself nothing is changed.</p>
        {source.items > 0 && (
          <fieldset className="mt-4 space-y-2 text-sm leading-relaxed">
            <legend className="font-medium">
              Its {many} {collection && `in ${collection}`}
            </legend>
            <Choice value="keep" words="Keep" more="What was read stays and is quoted as before, and is not kept in step any more." isFirst />
            <Choice value="remove" words="Remove too" more="That is done in the background; until then the source is listed here." />
          </fieldset>
        )}
        {removal.isError && (
          <div className="mt-4">
            <ErrorNotice error={removal.error} />
          </div>
        )}
        <div className="mt-6 flex justify-end gap-2">
          <Button look="quiet" onClick={onClose}>
            Cancel
          </Button>
          <Button type="submit" look="danger" data-testid="confirm" disabled={removal.isPending}>
            Remove
          </Button>
        </div>
      </form>
    </Dialog>
  );
}

function Choice({ value, words, more, isFirst = false }: { value: string; words: string; more: string; isFirst?: boolean }) {
  return (
    <label className="flex gap-2.5 rounded-lg border border-line px-3 py-2 has-checked:border-strong has-checked:bg-sunken">
      <input type="radio" name="documents" value={value} defaultChecked={isFirst} autoFocus={isFirst} className="mt-1 shrink-0 accent-accent" />
      <span>
        {words} <span className="block text-xs leading-relaxed text-muted">{more}</span>
      </span>
    </label>
  );
}

export function DeleteGone({ source, onClose }: { source: Source; onClose: () => void }) {
  const client = useQueryClient();
  const deletion = useMutation({
    mutationFn: () => syncAndDelete(source.id),
    onSuccess: onClose,
    onSettled: () => client.invalidateQueries({ queryKey: SOURCES }),
  });
  const problem = deletion.error && asProblem(deletion.error);
  return (
    <Confirm
      title={`Delete what is gone from ${source.name}?`}
      text={problem ? `${problem.title} ${problem.remedy}` : `The place is looked at once more, and documents of what it does not show are deleted, however many they are.`}
      action="Delete them"
      busy={deletion.isPending}
      onConfirm={() => deletion.mutate()}
      onClose={onClose}
    />
  );
}
