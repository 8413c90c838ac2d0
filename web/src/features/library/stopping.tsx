// Pausing, cancelling and going on, of one document or of all that are shown; and what was noticed while reading.
import { changeDocuments, type DocumentAction, keys } from "@/shared/api/queries";
import type { DocumentRow } from "@/shared/api/types";
import { Button, IconButton } from "@/shared/ui/button";
import { ErrorNotice } from "@/shared/ui/notice";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { CircleX, Pause, Play } from "lucide-react";
import { type Shelf, shelfOf } from "./use-documents";
import { foundWords } from "@/shared/share/words";

function useChange(documents: readonly DocumentRow[]) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (action: DocumentAction) =>
      changeDocuments(
        action,
        documents.map((each) => each.id),
      ),
    onSuccess: () => client.invalidateQueries({ queryKey: keys.documents }),
  });
}

/** The buttons of a document that is on its way in, or rests. */
export function Stopping({ document }: { document: DocumentRow }) {
  const change = useChange([document]);
  const shelf = shelfOf(document);
  if (shelf !== "stopped" && shelf !== "reading") return null;
  return (
    <>
      {change.isError && <span role="alert" className="block max-w-40 text-xs whitespace-normal text-bad">{change.error.message}</span>}
      {shelf === "stopped" ? (
        <IconButton label={`Go on reading ${document.source}`} data-testid="go-on" disabled={change.isPending} onClick={() => change.mutate("retry")}>
          <Play aria-hidden />
        </IconButton>
      ) : (
        <IconButton label={`Pause ${document.source}`} data-testid="pause" disabled={change.isPending} onClick={() => change.mutate("pause")}>
          <Pause aria-hidden />
        </IconButton>
      )}
      {document.state !== "cancelled" && (
        <IconButton label={`Cancel ${document.source}`} data-testid="cancel" disabled={change.isPending} onClick={() => change.mutate("cancel")}>
          <CircleX aria-hidden />
        </IconButton>
      )}
    </>
  );
}

const ACTIONS: Partial<Record<Shelf, [DocumentAction, string][]>> = {
  reading: [
    ["pause", "Pause all"],
    ["cancel", "Cancel all"],
  ],
  failed: [["retry", "Retry all"]],
  stopped: [["retry", "Go on with all"]],
};

/** What can be done to all documents that are shown, where they are alike. */
export function ForAllShown({ shelf, documents }: { shelf: Shelf; documents: readonly DocumentRow[] }) {
  const change = useChange(documents);
  const actions = ACTIONS[shelf];
  if (!actions || documents.length < 2) return null;
  return (
    <div className="mb-2 flex gap-2">
      {actions.map(([action, label]) => (
        <Button key={action} data-testid={`${action}-all`} className="min-h-8! px-2.5! text-xs!" disabled={change.isPending} onClick={() => change.mutate(action)}>
          {label}
        </Button>
      ))}
      {change.isError && <ErrorNotice error={change.error} />}
    </div>
  );
}

/** How much personal data was found, by kind; nothing where its collection is not looked through for any. */
export function PersonalData({ document }: { document: DocumentRow }) {
  const words = foundWords(document.personal_data);
  if (!words) return null;
  return (
    <p className="mt-1 text-[0.82rem] leading-relaxed text-muted" data-testid="personal-data">
      Personal data: {words}
    </p>
  );
}

const SHOWN = 3;

/** The pages that were left out or damaged, of a document that can be asked all the same. */
export function Warnings({ document }: { document: DocumentRow }) {
  const { warnings } = document;
  if (document.state === "failed" || warnings.length === 0) return null;
  return (
    <ul className="mt-1 text-[0.82rem] leading-relaxed text-muted" data-testid="warnings">
      {warnings.slice(0, SHOWN).map((each) => (
        <li key={each.page}>
          Page {each.page}: {each.message}
        </li>
      ))}
      {warnings.length > SHOWN && <li>and {warnings.length - SHOWN} more pages</li>}
    </ul>
  );
}
