// The conversations of the past, by age, each with ways to rename and to delete it.
import { conversationQuery, conversationsQuery, keys, removeConversation, renameConversation } from "@/shared/api/queries";
import type { ConversationRow } from "@/shared/api/types";
import { ageGroup } from "@/shared/text/format";
import { Button, IconButton } from "@/shared/ui/button";
import { Confirm } from "@/shared/ui/dialog";
import { useInfiniteQuery, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Link, useNavigate, useParams } from "@tanstack/react-router";
import { Pencil, Trash2 } from "lucide-react";
import { useState } from "react";

const TITLE_CHARS = 120;

export function History({ onChoose }: { onChoose?: () => void }) {
  const history = useInfiniteQuery(conversationsQuery);
  const current = useParams({ strict: false }).conversation;
  const [doomed, setDoomed] = useState<ConversationRow | null>(null);
  const rows = history.data?.pages.flatMap((page) => page.items) ?? [];
  // One of long ago that is gone on with is on none of the first pages.
  const isBelow = current !== undefined && history.isSuccess && rows.every((row) => row.id !== current);
  const open = useQuery({ ...conversationQuery(current ?? ""), enabled: isBelow }).data;
  const groups = Map.groupBy(isBelow && open ? [open, ...rows] : rows, (row) => (row === open ? "Open now" : ageGroup(row.updated_at)));
  return (
    <nav aria-label="Conversations" data-testid="history">
      {rows.length === 0 && history.isSuccess && <p className="px-3 py-2 text-[0.82rem] leading-relaxed text-muted">Your questions will be kept here.</p>}
      {[...groups].map(([name, members]) => (
        <section key={name} className="mb-4">
          <h2 className="px-3 pb-1 text-xs text-muted">{name}</h2>
          <ul>
            {members.map((row) => (
              <Row key={row.id} row={row} current={row.id === current} onChoose={onChoose} onDelete={() => setDoomed(row)} />
            ))}
          </ul>
        </section>
      ))}
      {history.hasNextPage && (
        <Button look="quiet" className="w-full" onClick={() => void history.fetchNextPage()}>
          Earlier questions
        </Button>
      )}
      {doomed && <DeleteConversation row={doomed} current={doomed.id === current} onClose={() => setDoomed(null)} />}
    </nav>
  );
}

interface RowProps {
  row: ConversationRow;
  current: boolean;
  onChoose: (() => void) | undefined;
  onDelete: () => void;
}

const BUTTON = "hidden! size-8! group-focus-within:grid! group-hover:grid! pointer-coarse:grid!";

function Row({ row, current, onChoose, onDelete }: RowProps) {
  const [isRenamed, setRenamed] = useState(false);
  return (
    <li className={`group flex items-center rounded-lg ${current ? "bg-raised shadow-[inset_2px_0_0_var(--accent)]" : "hover:bg-raised/60"}`}>
      {isRenamed ? (
        <TitleField row={row} onClose={() => setRenamed(false)} />
      ) : (
        <>
          <Link
            to="/c/$conversation"
            params={{ conversation: row.id }}
            aria-current={current ? "page" : undefined}
            data-testid="history-row"
            className="min-w-0 flex-1 truncate px-3 py-1.5 text-[0.86rem]"
            {...(onChoose && { onClick: onChoose })}
          >
            <bdi>{row.title || "Untitled"}</bdi>
          </Link>
          <IconButton label={`Rename “${row.title}”`} data-testid="rename" onClick={() => setRenamed(true)} className={BUTTON}>
            <Pencil aria-hidden />
          </IconButton>
          <IconButton label={`Delete “${row.title}”`} onClick={onDelete} className={BUTTON}>
            <Trash2 aria-hidden />
          </IconButton>
        </>
      )}
    </li>
  );
}

/** The title as it can be changed: Enter, or going elsewhere, keeps it; Escape leaves it as it was. */
function TitleField({ row, onClose }: { row: ConversationRow; onClose: () => void }) {
  const client = useQueryClient();
  const [title, setTitle] = useState(row.title);
  const renaming = useMutation({
    mutationFn: () => renameConversation(row.id, title),
    onSuccess: async () => {
      await Promise.all([keys.conversations, keys.conversation(row.id)].map((queryKey) => client.invalidateQueries({ queryKey })));
      onClose();
    },
  });
  const keep = () => {
    if (renaming.isPending) return;
    if (title.trim() === "" || title.trim() === row.title) onClose();
    else renaming.mutate();
  };
  return (
    <div className="min-w-0 flex-1 px-1 py-0.5">
      <input
        autoFocus
        value={title}
        maxLength={TITLE_CHARS}
        dir="auto"
        aria-label="Title of the conversation"
        aria-invalid={renaming.isError}
        data-testid="title-field"
        onFocus={(event) => event.target.select()}
        onChange={(event) => setTitle(event.target.value)}
        onBlur={keep}
        onKeyDown={(event) => {
          if (event.key === "Enter" && !event.nativeEvent.isComposing) keep();
          if (event.key === "Escape") onClose();
        }}
        className="w-full rounded-md border border-line bg-raised px-2 py-1 text-[0.86rem]"
      />
      {renaming.isError && (
        <p role="alert" className="px-2 py-1 text-xs text-bad">
          {renaming.error.message}
        </p>
      )}
    </div>
  );
}

function DeleteConversation({ row, current, onClose }: { row: ConversationRow; current: boolean; onClose: () => void }) {
  const client = useQueryClient();
  const navigate = useNavigate();
  const removal = useMutation({
    mutationFn: () => removeConversation(row.id),
    onSuccess: async () => {
      onClose();
      if (current) await navigate({ to: "/" });
      client.removeQueries({ queryKey: keys.conversation(row.id) });
      await client.invalidateQueries({ queryKey: keys.conversations });
    },
  });
  return (
    <Confirm
      title="Delete this conversation?"
      text={removal.error ? removal.error.message : `“${row.title}” and its answers will be gone. Your documents stay.`}
      action="Delete"
      busy={removal.isPending}
      onConfirm={() => removal.mutate()}
      onClose={onClose}
    />
  );
}
