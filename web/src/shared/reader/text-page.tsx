// A page of a document without a fixed layout, shown as headings, lists, tables and text with the passage marked.
import type { PassageView } from "@/shared/api/types";
import { Fragment, useEffect, useMemo, useRef } from "react";
import { type Piece, type Shown, showBlocks } from "./blocks";

function Pieces({ pieces }: { pieces: Piece[] }) {
  return pieces.map((piece, index) =>
    piece.marked ? (
      <mark key={index} data-testid="highlight" className="passage-mark">
        {piece.text}
      </mark>
    ) : (
      <Fragment key={index}>{piece.text}</Fragment>
    ),
  );
}

const HEADINGS = ["text-2xl", "text-xl", "text-lg", "text-base", "text-base", "text-base"];

function ShownBlock({ block }: { block: Shown }) {
  switch (block.kind) {
    case "heading": {
      const Tag = `h${Math.min(6, block.level + 1)}` as "h2";
      return (
        <Tag className={`${HEADINGS[block.level - 1] ?? "text-base"} mt-6 mb-2 font-serif font-semibold first:mt-0`}>
          <Pieces pieces={block.pieces} />
        </Tag>
      );
    }
    case "list":
      return (
        <ul className="my-3 list-disc space-y-1 pl-6 marker:text-faint">
          {block.items.map((item, index) => (
            <li key={index}>
              <Pieces pieces={item} />
            </li>
          ))}
        </ul>
      );
    case "table":
      return <TableBlock rows={block.rows} />;
    case "code":
      return (
        <pre className="my-3 overflow-x-auto rounded-md bg-sunken p-3 font-mono text-[0.8em] leading-relaxed">
          <Pieces pieces={block.pieces} />
        </pre>
      );
    default:
      return (
        <p className="my-3 whitespace-pre-line">
          <Pieces pieces={block.pieces} />
        </p>
      );
  }
}

function TableBlock({ rows }: { rows: Piece[][][] }) {
  const [head, ...body] = rows;
  return (
    <div className="my-4 overflow-x-auto">
      <table className="w-full border-collapse font-sans text-[0.82em] tabular-nums">
        <thead>
          <tr>
            {head?.map((cell, index) => (
              <th key={index} scope="col" className="border-b border-strong px-2 py-1.5 text-start align-bottom font-semibold">
                <Pieces pieces={cell} />
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {body.map((row, index) => (
            <tr key={index} className="border-b border-line last:border-0">
              {row.map((cell, column) => (
                <td key={column} className="px-2 py-1.5 align-top">
                  <Pieces pieces={cell} />
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

export function TextPage({ passage, zoom }: { passage: PassageView; zoom: number }) {
  const sheet = useRef<HTMLDivElement>(null);
  const shown = useMemo(() => {
    const range = passage.end > passage.start ? { start: passage.start, end: passage.end } : null;
    return showBlocks(passage.text, passage.blocks, range);
  }, [passage]);
  useEffect(() => {
    sheet.current?.querySelector("mark")?.scrollIntoView({ block: "center" });
  }, [shown]);
  return (
    <div
      ref={sheet}
      data-testid="viewer-page"
      data-page={passage.page}
      className="mx-auto min-h-full max-w-[46rem] bg-raised px-6 py-8 font-serif leading-relaxed break-words text-ink shadow-sheet sm:px-10"
      style={{ fontSize: `${(zoom * 1.02).toFixed(3)}rem` }}
    >
      {passage.label && <p className="mb-5 font-sans text-xs tracking-wide text-faint">{passage.label}</p>}
      {shown.length ? shown.map((block, index) => <ShownBlock key={index} block={block} />) : <p className="text-muted">This page has no text.</p>}
    </div>
  );
}
