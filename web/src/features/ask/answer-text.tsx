// The text of an answer with its pins. Everything becomes React text: never HTML, a link or an image.
import { type Mark, numberPins, spanKey } from "@/shared/answer/numbering";
import type { Pin, Span } from "@/shared/api/types";
import { codePointIndex } from "@/shared/text/codepoints";
import { cutPieces, type Piece } from "@/shared/text/pieces";
import { type Line, parseProse, type ProseBlock } from "@/shared/text/prose";
import { memo, type ReactNode, useMemo, useState } from "react";
import { PinButton } from "./pin-button";

interface Props {
  text: string;
  pins: Pin[];
  running: boolean;
  opened: string | null;
  onOpen: (span: Span) => void;
}

interface Claimed {
  from: number;
  at: number;
  mark: Mark;
}

export const AnswerText = memo(function AnswerText({ text, pins, running, opened, onOpen }: Props) {
  const [active, setActive] = useState<Mark | null>(null);
  const { blocks, pieces } = useMemo(() => {
    const index = codePointIndex(text);
    const claims = numberPins(pins).marks.map((mark) => ({ from: index(mark.from), at: index(mark.at), mark }));
    const parsed = parseProse(text);
    return { blocks: parsed, pieces: cutPieces(text, parsed, claims) };
  }, [text, pins]);

  const renderPiece = (piece: Piece<Claimed>, key: number): ReactNode => {
    const { mark } = piece.claim ?? { mark: null };
    if (piece.kind === "text") {
      return <Text key={key} piece={piece} unsupported={mark?.verdict === "unsupported"} active={mark !== null && sameMark(mark, active)} />;
    }
    const sources = piece.claim.mark.sources.length ? piece.claim.mark.sources : [null];
    return (
      <span key={key} className="whitespace-nowrap">
        {sources.map((source) => (
          <PinButton
            key={source?.n ?? 0}
            mark={piece.claim.mark}
            source={source}
            opened={source !== null && spanKey(source.span) === opened}
            onOpen={onOpen}
            onActive={setActive}
          />
        ))}
      </span>
    );
  };
  const renderLine = (line: Line): ReactNode => (pieces.get(line) ?? []).map(renderPiece);

  return (
    <div className="font-serif text-[1.14rem] leading-[1.75] break-words text-ink sm:text-[1.19rem]">
      {blocks.map((block, index) => (
        <Block key={index} block={block} renderLine={renderLine} caret={running && index === blocks.length - 1} />
      ))}
      {running && blocks.length === 0 && <Caret />}
    </div>
  );
});

const sameMark = (one: Mark, other: Mark | null): boolean => one.from === other?.from && one.at === other.at;

const Caret = () => <span aria-hidden className="caret" />;

function Text({ piece, unsupported, active }: { piece: Extract<Piece<Claimed>, { kind: "text" }>; unsupported: boolean; active: boolean }) {
  const { run } = piece;
  const look = [
    run.bold && "font-semibold",
    run.italic && "italic",
    run.code && "rounded bg-sunken px-1 font-mono text-[0.85em]",
    unsupported && "claim-unsupported",
    active && "claim-active",
  ];
  return <span className={look.filter(Boolean).join(" ") || undefined}>{piece.text.replaceAll("\r", " ")}</span>;
}

interface BlockProps {
  block: ProseBlock;
  renderLine: (line: Line) => ReactNode;
  caret: boolean;
}

const DEPTHS = ["", "ml-6", "ml-12", "ml-18"];

function Block({ block, renderLine, caret }: BlockProps) {
  const end = caret ? <Caret /> : null;
  const items = () =>
    block.lines.map((line, index) => (
      <li key={index} className={`pl-1 ${DEPTHS[line.depth ?? 0] ?? ""}`}>
        {renderLine(line)}
        {index === block.lines.length - 1 && end}
      </li>
    ));
  switch (block.kind) {
    case "heading":
      return <h3 className="mt-6 mb-2 text-[1.1em] font-semibold first:mt-0">{block.lines.map(renderLine)}</h3>;
    case "bullets":
      return <ul className="my-3 list-disc space-y-1.5 pl-6 marker:text-faint">{items()}</ul>;
    case "numbers":
      return (
        <ol start={block.first} className="my-3 list-decimal space-y-1.5 pl-6 marker:text-faint">
          {items()}
        </ol>
      );
    case "code":
      return (
        <pre className="my-4 overflow-x-auto rounded-lg bg-sunken p-4 font-mono text-[0.8em] leading-relaxed">
          {block.lines.map((line, index) => (
            <div key={index}>{renderLine(line)}</div>
          ))}
        </pre>
      );
    case "table":
      return <Table rows={block.rows} renderLine={renderLine} />;
    case "quote":
      return (
        <blockquote className="my-3.5 border-l-2 border-strong pl-4 first:mt-0">
          <Flow lines={block.lines} renderLine={renderLine} />
          {end}
        </blockquote>
      );
    default:
      return (
        <p className="my-3.5 first:mt-0">
          <Flow lines={block.lines} renderLine={renderLine} />
          {end}
        </p>
      );
  }
}

function Flow({ lines, renderLine }: { lines: Line[]; renderLine: (line: Line) => ReactNode }) {
  return lines.map((line, index) => (
    <span key={index}>
      {index > 0 && " "}
      {renderLine(line)}
    </span>
  ));
}

function Table({ rows, renderLine }: { rows: Line[][]; renderLine: (line: Line) => ReactNode }) {
  const [head, ...body] = rows;
  return (
    <div className="my-4 overflow-x-auto">
      <table className="w-full border-collapse font-sans text-[0.85rem] leading-normal tabular-nums">
        <thead>
          <tr>
            {head?.map((cell, index) => (
              <th key={index} scope="col" className="border-b border-strong px-2 py-1.5 text-start font-semibold">
                {renderLine(cell)}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {body.map((row, index) => (
            <tr key={index} className="border-b border-line last:border-0">
              {row.map((cell, column) => (
                <td key={column} className="px-2 py-1.5 align-top">
                  {renderLine(cell)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
