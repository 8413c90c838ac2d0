// The name of a document: the folder quiet, the file name plain.
import { splitSource } from "@/shared/text/format";

export function SourceName({ source, className = "" }: { source: string; className?: string }) {
  const [folder, name] = splitSource(source);
  return (
    <span className={`min-w-0 break-words ${className}`} title={source}>
      {folder && <span className="font-normal text-faint">{folder}</span>}
      <bdi>{name}</bdi>
    </span>
  );
}
