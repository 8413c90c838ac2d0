// One source: where it is, how it stands, what its newest run did, and what can be done about it.
import { actOnSource, isUnderWay, type Source, type SourceAction, SOURCES } from "@/shared/api/sources";
import { formatCount } from "@/shared/text/format";
import { Button } from "@/shared/ui/button";
import { ErrorNotice } from "@/shared/ui/notice";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { CircleAlert, CircleCheck, CircleHelp, CirclePause, Clock, LoaderCircle, type LucideIcon, Trash2 } from "lucide-react";
import { useRef, useState } from "react";
import { KINDS } from "./kinds";
import { DeleteGone, RemoveSource } from "./remove-source";
import { SourceForm } from "./source-form";
import { NotRead } from "./not-read";
import { asksToDelete, lastWords, problemOf, scheduleWords, type Standing, STANDING_WORDS, standingOf } from "./words";

interface Props {
  source: Source;
  /** The name of its collection; null where that is gone, undefined until it is known. */
  collection: string | null | undefined;
  onGone: () => void;
}

export function SourceRow({ source, collection, onGone }: Props) {
  const [open, setOpen] = useState<"change" | "remove" | "delete" | null>(null);
  const changer = useRef<HTMLButtonElement>(null);
  const { name, location, items, run } = source;
  const kind = KINDS[source.kind];
  const standing = standingOf(source);
  const Icon = kind?.icon ?? CircleHelp;
  const [when, did] = lastWords(source);
  const close = () => setOpen(null);
  return (
    <li className="px-4 py-4 text-[0.86rem] leading-relaxed sm:px-5" data-testid="source" data-standing={standing} aria-label={name}>
      <div className="flex flex-wrap items-start gap-x-3 gap-y-1">
        <Icon aria-hidden className="mt-0.5 size-[1.15rem] shrink-0 text-muted" strokeWidth={1.7} />
        <h2 className="min-w-0 flex-1 text-[0.95rem] font-medium break-words">{name}</h2>
        <Badge standing={standing} />
      </div>
      <div className="sm:pl-[1.9rem]">
        <p className="break-all text-muted">
          {kind?.words ?? source.kind} · <span data-testid="location">{location}</span>
        </p>
        <p className="break-words text-muted">
          <span data-testid="documents">
            {items > 0 ? (
              <Link to="/library" search={{ ...(collection && { collection: source.collection }), name: `${name}/` }} className="text-accent hover:underline">
                {formatCount(items, "document")}
              </Link>
            ) : (
              "no documents"
            )}
          </span>
          {collection !== undefined && <> in {collection ?? "a collection that is gone"}</>} · {scheduleWords(source)}
        </p>
        {when && (
          <p className="break-words text-muted tabular-nums" data-testid="run">
            {when}
            {did && (
              <>
                : <span className="text-ink">{did}</span>
              </>
            )}
          </p>
        )}
        <Problem source={source} onDelete={() => setOpen("delete")} />
        {run.failed > 0 && <NotRead source={source} />}
        {(source.state !== "leaving" || run.state === "failed") && (
          <Actions source={source} isChanging={open === "change"} changer={changer} onChange={() => setOpen(open === "change" ? null : "change")} onRemove={() => setOpen("remove")} />
        )}
      </div>
      {open === "change" && (
        <SourceForm
          changed={source}
          onClose={() => {
            close();
            changer.current?.focus();
          }}
        />
      )}
      {open === "remove" && <RemoveSource source={source} collection={collection} onGone={onGone} onClose={close} />}
      {open === "delete" && <DeleteGone source={source} onClose={close} />}
    </li>
  );
}

const BADGES: Record<Standing, [icon: LucideIcon, look: string]> = {
  never: [Clock, "bg-sunken text-muted"],
  waiting: [Clock, "bg-sunken text-muted"],
  running: [LoaderCircle, "bg-accent-soft text-accent [&_svg]:animate-spin"],
  done: [CircleCheck, "bg-accent-soft text-accent"],
  warned: [CircleAlert, "bg-caution-soft text-caution"],
  failed: [CircleAlert, "bg-bad-soft text-bad"],
  paused: [CirclePause, "bg-sunken text-muted"],
  leaving: [Trash2, "bg-sunken text-muted"],
};

/** Told to screen readers when it changes; what a run counts meanwhile is not. */
function Badge({ standing }: { standing: Standing }) {
  const [Icon, look] = BADGES[standing];
  return (
    <p role="status" className={`flex items-center gap-1.5 rounded-full px-2.5 py-0.5 text-xs font-medium whitespace-nowrap [&_svg]:size-3.5 ${look}`} data-testid="standing">
      <Icon aria-hidden />
      {STANDING_WORDS[standing]}
    </p>
  );
}

function Problem({ source, onDelete }: { source: Source; onDelete: () => void }) {
  const problem = problemOf(source);
  if (!problem) return null;
  const deletes = asksToDelete(source);
  return (
    <div className={`mt-2 rounded-xl px-4 py-3 ${source.run.state === "failed" ? "bg-bad-soft" : "bg-caution-soft"}`} data-testid="problem">
      <p className="font-medium break-words">{problem.message}</p>
      {problem.code === "deletions-withheld" ? <p className="text-muted">Look at the place. If that is right, have the rest deleted.</p> : <p className="break-words text-muted">{problem.remedy}</p>}
      {deletes && (
        <Button className="mt-2" aria-label={`Delete what is gone from ${source.name}`} onClick={onDelete}>
          Delete what is gone
        </Button>
      )}
    </div>
  );
}

interface ActionsProps {
  source: Source;
  isChanging: boolean;
  changer: React.Ref<HTMLButtonElement>;
  onChange: () => void;
  onRemove: () => void;
}

function Actions({ source, isChanging, changer, onChange, onRemove }: ActionsProps) {
  const client = useQueryClient();
  const act = useMutation({
    mutationFn: (action: SourceAction) => actOnSource(source.id, action),
    onSettled: () => client.invalidateQueries({ queryKey: SOURCES }),
  });
  const { name, state } = source;
  // Not disabled: a button that is loses the focus, and the keyboard with it.
  const button = (action: SourceAction, words: string, isOff = false) => (
    <Button look="quiet" aria-label={`${words}: ${name}`} aria-disabled={isOff || act.isPending} className={LOOK} onClick={() => !isOff && !act.isPending && act.mutate(action)}>
      {words}
    </Button>
  );
  return (
    <>
      <div role="group" aria-label={name} className="mt-1.5 -ml-2.5 flex flex-wrap gap-x-1">
        {state === "active" && button("sync", "Sync now", isUnderWay(source))}
        {state === "active" ? button("pause", "Pause") : state === "paused" && button("resume", "Resume")}
        {state !== "leaving" && (
          <Button ref={changer} look="quiet" aria-label={`Change ${name}`} aria-expanded={isChanging} className={LOOK} onClick={onChange}>
            Change
          </Button>
        )}
        <Button look="quiet" aria-label={`Remove ${name}`} className={LOOK} onClick={onRemove}>
          Remove
        </Button>
      </div>
      {act.isError && <ErrorNotice error={act.error} />}
    </>
  );
}

const LOOK = "px-2.5! aria-disabled:cursor-default aria-disabled:opacity-50";
