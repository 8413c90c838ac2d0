// What the newest run of a source could not read, and why; asked for when somebody opens it.
import { type Source, unreadQuery } from "@/shared/api/sources";
import { formatCount } from "@/shared/text/format";
import { ErrorNotice } from "@/shared/ui/notice";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";

export function NotRead({ source }: { source: Source }) {
  const [isOpen, setOpen] = useState(false);
  const { failed } = source.run;
  return (
    <details className="mt-1.5" onToggle={(event) => setOpen(event.currentTarget.open)} data-testid="not-read">
      <summary>{failed === 1 ? "1 thing could not be read" : `${formatCount(failed, "thing")} could not be read`}</summary>
      {isOpen && <Those source={source} />}
    </details>
  );
}

function Those({ source }: { source: Source }) {
  const unread = useQuery(unreadQuery(source));
  if (unread.isError) return <ErrorNotice error={unread.error} />;
  if (!unread.data) return <p className="late text-muted">Looking which…</p>;
  const more = source.run.failed - unread.data.length;
  return (
    <ul className="mt-1 space-y-1.5 border-l-2 border-line pl-3 text-[0.82rem]">
      {unread.data.map((each) => (
        <li key={each.name} className="break-words">
          <span className="font-medium break-all">{each.name}</span>
          <span className="block text-muted">
            {each.problem?.message} {each.problem?.remedy} {each.document && "What was read of it before stays."}
          </span>
        </li>
      ))}
      {more > 0 && <li className="text-muted">and {more.toLocaleString("en")} more</li>}
    </ul>
  );
}
