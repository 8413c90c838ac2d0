// Says what went wrong and what to do about it.
import { asProblem } from "@/shared/api/client";
import { TriangleAlert } from "lucide-react";
import type { ReactNode } from "react";

interface NoticeProps {
  title: string;
  detail?: string;
  remedy?: string;
  children?: ReactNode;
}

export function Notice({ title, detail, remedy, children }: NoticeProps) {
  return (
    <div role="alert" className="flex gap-3 rounded-xl border border-bad/30 bg-bad-soft px-4 py-3 text-sm leading-relaxed">
      <TriangleAlert aria-hidden className="mt-0.5 size-4 shrink-0 text-bad" />
      <div className="min-w-0">
        <p className="font-medium">{title}</p>
        {detail && detail !== title && <p className="break-words text-muted">{detail}</p>}
        {remedy && remedy !== detail && <p className="break-words text-muted">{remedy}</p>}
        {children}
      </div>
    </div>
  );
}

export function ErrorNotice({ error, children }: { error: unknown; children?: ReactNode }) {
  const problem = asProblem(error);
  return (
    <Notice title={problem.title} detail={problem.detail} remedy={problem.remedy}>
      {children}
    </Notice>
  );
}
