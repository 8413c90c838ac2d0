// The documents as a table: what they are, how far they are, and what can be done about them.
import { removeDocument, retryDocument, keys } from "@/shared/api/queries";
import type { DocumentRow } from "@/shared/api/types";
import { useViewer } from "@/shared/reader/target";
import { ShareDialog } from "@/shared/share/share-dialog";
import { useCanWrite } from "@/shared/share/use-can-write";
import { formatBytes, formatSeconds } from "@/shared/text/format";
import { Button, IconButton } from "@/shared/ui/button";
import { Confirm } from "@/shared/ui/dialog";
import { ErrorNotice } from "@/shared/ui/notice";
import { SourceName } from "@/shared/ui/source-name";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { RotateCcw, Trash2, Users } from "lucide-react";
import { memo, useState } from "react";
import { StateCell } from "./state-cell";
import { PersonalData, Stopping, Warnings } from "./stopping";

const STEP = 200;

interface Props {
  documents: DocumentRow[];
  /** Of the collections, by their ids. */
  names: ReadonlyMap<string, string>;
}

export const DocumentTable = memo(function DocumentTable({ documents, names }: Props) {
  const [shown, setShown] = useState(STEP);
  const [doomed, setDoomed] = useState<DocumentRow | null>(null);
  const [shared, setShared] = useState<DocumentRow | null>(null);
  return (
    <div className="@container">
      <table className="w-full border-collapse text-left text-[0.86rem]">
        <thead className="text-xs text-faint">
          <tr className="border-b border-line">
            <th scope="col" className="py-2 pr-3 font-normal">
              Document
            </th>
            <th scope="col" className="hidden py-2 pr-3 font-normal @3xl:table-cell">
              Collection
            </th>
            <th scope="col" className="w-40 py-2 pr-3 font-normal">
              State
            </th>
            {["Pages", "Size", "Took"].map((name) => (
              <th key={name} scope="col" className="hidden py-2 pr-5 text-right font-normal @xl:table-cell">
                {name}
              </th>
            ))}
            <th scope="col" className="w-10">
              <span className="sr-only">Actions</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {documents.slice(0, shown).map((document) => (
            <Row
              key={document.id}
              document={document}
              collection={names.get(document.collection_id) ?? ""}
              onDelete={() => setDoomed(document)}
              onShare={() => setShared(document)}
            />
          ))}
        </tbody>
      </table>
      {documents.length > shown && (
        <Button look="quiet" className="mt-3 w-full" onClick={() => setShown(shown + STEP)}>
          Show more of {documents.length.toLocaleString("en")}
        </Button>
      )}
      {shared && <ShareDialog shared={`documents/${shared.id}`} name={shared.source} onClose={() => setShared(null)} />}
      {doomed && <DeleteDocument document={doomed} onClose={() => setDoomed(null)} />}
    </div>
  );
});

interface RowProps {
  document: DocumentRow;
  collection: string;
  onDelete: () => void;
  onShare: () => void;
}

function Row({ document, collection, onDelete, onShare }: RowProps) {
  const canWrite = useCanWrite();
  const { open, target } = useViewer();
  // The one that answers: the newest may not be read yet, or never.
  const shown = document.serving_revision;
  const current = shown !== null && target?.revision === shown;
  return (
    <tr
      data-testid="document-row"
      data-state={document.state}
      data-source={document.source}
      className={`border-b border-line align-top last:border-0 ${current ? "bg-sunken" : "hover:bg-sunken/60"}`}
    >
      <td className="max-w-0 py-2.5 pr-3 pl-1 w-full">
        <div className="flex items-start gap-3">
          <TypeBadge type={document.file_type} />
          <div className="min-w-0">
            {shown !== null ? (
              <button
                type="button"
                data-testid="open"
                onClick={() => open({ revision: shown, page: 1 })}
                className="block max-w-full text-left font-medium hover:text-accent hover:underline"
              >
                <SourceName source={document.source} />
              </button>
            ) : (
              <SourceName source={document.source} className="block font-medium" />
            )}
            {document.revision_number > 1 && <span className="text-xs text-faint">revision {document.revision_number}</span>}
            {document.state === "failed" && <Failure document={document} />}
            {shown !== null && shown !== document.revision && <p className="mt-1 text-[0.82rem] text-muted">The version before this one answers.</p>}
            <Warnings document={document} />
            <PersonalData document={document} />
          </div>
        </div>
      </td>
      <td className="hidden py-2.5 pr-6 whitespace-nowrap text-muted @3xl:table-cell">{collection}</td>
      <td className="py-2.5 pr-3">
        <div className="w-24 @xl:w-36">
          <StateCell document={document} />
        </div>
      </td>
      <td className="hidden py-2.5 pr-5 text-right text-muted tabular-nums @xl:table-cell">{(document.pages_total ?? document.pages_done) || ""}</td>
      <td className="hidden py-2.5 pr-5 text-right whitespace-nowrap text-muted tabular-nums @xl:table-cell">{formatBytes(document.size_bytes)}</td>
      <td className="hidden py-2.5 pr-5 text-right whitespace-nowrap text-muted tabular-nums @xl:table-cell">
        {document.seconds === null ? "" : formatSeconds(document.seconds)}
      </td>
      <td className="py-1 pl-1 whitespace-nowrap">
        {canWrite && (
          <>
            <Stopping document={document} />
            <IconButton label={`Share ${document.source}`} data-testid="share" onClick={onShare}>
              <Users aria-hidden />
            </IconButton>
            <IconButton label={`Delete ${document.source}`} data-testid="delete" onClick={onDelete}>
              <Trash2 aria-hidden />
            </IconButton>
          </>
        )}
      </td>
    </tr>
  );
}

function TypeBadge({ type }: { type: string }) {
  const short = type === "markdown" ? "md" : type === "text" ? "txt" : type;
  return (
    <span aria-label={type} className="mt-0.5 hidden w-11 shrink-0 rounded border border-strong py-0.5 text-center font-mono text-[0.62rem] text-muted @md:block">
      {short.slice(0, 5).toUpperCase()}
    </span>
  );
}

function Failure({ document }: { document: DocumentRow }) {
  const client = useQueryClient();
  const retry = useMutation({
    mutationFn: () => retryDocument(document.id),
    onSuccess: () => client.invalidateQueries({ queryKey: keys.documents }),
  });
  const { problem } = document;
  return (
    <div className="mt-1 text-[0.82rem] leading-relaxed text-muted" data-testid="problem">
      <p className="text-ink">
        {problem?.message ?? problem?.detail ?? "It could not be read."}
        {problem?.page ? ` (page ${problem.page})` : ""}
      </p>
      {problem?.remedy && <p>{problem.remedy}</p>}
      {retry.isError && <ErrorNotice error={retry.error} />}
      <Button data-testid="retry" className="mt-2 min-h-8! px-2.5! text-xs! [&_svg]:size-3.5" disabled={retry.isPending} onClick={() => retry.mutate()}>
        <RotateCcw aria-hidden /> Retry
      </Button>
    </div>
  );
}

function DeleteDocument({ document, onClose }: { document: DocumentRow; onClose: () => void }) {
  const client = useQueryClient();
  const { target, close } = useViewer();
  const removal = useMutation({
    mutationFn: () => removeDocument(document.id),
    onSuccess: () => {
      client.setQueryData<DocumentRow[]>(keys.documents, (all) => all?.filter((each) => each.id !== document.id));
      void client.invalidateQueries({ queryKey: keys.collections });
      if (target && [document.revision, document.serving_revision].includes(target.revision)) close();
      onClose();
    },
  });
  return (
    <Confirm
      title="Delete this document?"
      text={removal.error ? removal.error.message : `“${document.source}” will be removed from the library and from search. Earlier answers keep their text, but their pins to it no longer open.`}
      action="Delete"
      busy={removal.isPending}
      onConfirm={() => removal.mutate()}
      onClose={onClose}
    />
  );
}
