// Sources: the places that collections are kept in step with, how each stands, and adding one. For admins alone.
import { collectionsQuery } from "@/shared/api/queries";
import { type Source, sourcesQuery } from "@/shared/api/sources";
import { useIsAdmin } from "@/shared/share/use-is-admin";
import { Button } from "@/shared/ui/button";
import { NobodyReads } from "@/shared/ui/nobody-reads";
import { ErrorNotice } from "@/shared/ui/notice";
import { PageHeader } from "@/shared/ui/page-header";
import { useTitle } from "@/shared/ui/use-title";
import { useQuery } from "@tanstack/react-query";
import { FolderSync, Plus } from "lucide-react";
import { useEffect, useRef, useState } from "react";
import { SourceForm } from "./source-form";
import { SourceRow } from "./source-row";
import { standingOf } from "./words";

export function SourcesPage() {
  useTitle("Sources");
  const isAdmin = useIsAdmin();
  return (
    <div className="h-full overflow-y-auto">
      <div className="mx-auto max-w-[52rem] px-4 py-8 sm:px-8 sm:py-12">{isAdmin ? <Sources /> : <NotYours />}</div>
    </div>
  );
}

function Sources() {
  const sources = useQuery(sourcesQuery);
  const [isAdding, setAdding] = useState(false);
  const [said, say] = useState("");
  const opener = useRef<HTMLButtonElement>(null);
  const all = sources.data;
  // Whoever added or removed one by the keyboard goes on from here.
  useEffect(() => {
    if (said) opener.current?.focus();
  }, [said]);
  const close = (added?: Source) => {
    setAdding(false);
    if (added) say(`The source ${added.name} was added. Its first run begins within seconds.`);
    else opener.current?.focus();
  };
  return (
    <>
      <PageHeader title="Sources" says="Places outside Pincite that collections are kept in step with.">
        <Button
          ref={opener}
          look="primary"
          data-testid="new-source"
          aria-expanded={isAdding}
          className="[&_svg]:size-4"
          onClick={() => (isAdding ? close() : setAdding(true))}
        >
          <Plus aria-hidden /> Add a source
        </Button>
      </PageHeader>
      <p role="status" className="sr-only">
        {said}
      </p>
      {isAdding && <SourceForm changed={null} onClose={close} />}
      {sources.isPending && (
        <p role="status" className="late mt-8 text-sm text-muted">
          Looking which there are…
        </p>
      )}
      {sources.isError && (
        <div className="mt-6">
          <ErrorNotice error={sources.error} />
        </div>
      )}
      {all?.length === 0 && !isAdding && <NoSources />}
      {all && all.length > 0 && <List sources={all} onGone={(name) => say(`The source ${name} was removed.`)} />}
    </>
  );
}

function List({ sources, onGone }: { sources: Source[]; onGone: (name: string) => void }) {
  const collections = useQuery(collectionsQuery).data;
  const names = collections && new Map(collections.map((each) => [each.id, each.name]));
  return (
    <>
      <NobodyReads what="source" waiting={sources.filter((each) => ["never", "waiting", "running", "leaving"].includes(standingOf(each))).length} />
      <ul className="mt-6 divide-y divide-line rounded-xl border border-line bg-raised" data-testid="sources">
        {sources.map((source) => (
          <SourceRow key={source.id} source={source} collection={names && (names.get(source.collection) ?? null)} onGone={() => onGone(source.name)} />
        ))}
      </ul>
    </>
  );
}

function NoSources() {
  return (
    <div className="mt-8 grid place-items-center rounded-2xl border-2 border-dashed border-strong px-6 py-14 text-center" data-testid="no-sources">
      <FolderSync aria-hidden className="size-8 text-accent" strokeWidth={1.4} />
      <h2 className="mt-4 font-serif text-2xl font-semibold">Documents that come by themselves</h2>
      <p className="mt-2 max-w-md text-sm leading-relaxed text-muted">
        A source is a place that a collection is kept in step with: a folder on the server, a web site, an S3 bucket, a Git repository, a feed or a mailbox. It is
        looked at again and again: what is new there is read, what changed is read again, and what is gone is removed.
      </p>
      <p className="mt-3 max-w-md text-sm leading-relaxed text-muted">Nothing is ever changed in the place itself.</p>
    </div>
  );
}

function NotYours() {
  return (
    <div data-testid="not-yours">
      <h1 className="font-serif text-3xl font-semibold tracking-tight">Sources</h1>
      <p className="mt-3 text-sm leading-relaxed text-muted">
        Owners and admins look after sources: a source reads with the rights of the machine that Pincite runs on. What comes from them is in the Library, as far as it is
        shared with you.
      </p>
    </div>
  );
}
