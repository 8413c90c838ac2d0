// What the tenant holds and may hold, for its admins. The most is set on the machine that Pincite runs on.
import { usageQuery } from "@/shared/api/queries";
import type { Held } from "@/shared/api/types";
import { formatBytes } from "@/shared/text/format";
import { ErrorNotice } from "@/shared/ui/notice";
import { useQuery } from "@tanstack/react-query";
import { Section } from "./section";

const count = (number: number): string => number.toLocaleString("en");

const said = ({ held, most }: Held, format: (number: number) => string): string => (most === null ? format(held) : `${format(held)} of ${format(most)}`);

export function UsageFacts() {
  const usage = useQuery(usageQuery);
  const { data } = usage;
  if (!data && !usage.isError) return null;
  return (
    <Section title="What is stored">
      {usage.isError && <ErrorNotice error={usage.error} />}
      {data && (
        <dl className="grid grid-cols-[7rem_1fr] gap-y-1.5 text-sm" data-testid="usage">
          <dt className="text-muted">Documents</dt>
          <dd>{said(data.documents, count)}</dd>
          <dt className="text-muted">Originals</dt>
          <dd>{said(data.size_bytes, formatBytes)}</dd>
          <dt className="text-muted">Pages</dt>
          <dd>{said(data.pages, count)}</dd>
        </dl>
      )}
    </Section>
  );
}
