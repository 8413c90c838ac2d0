// One page of a PDF by pdf.js, with the passage's boxes laid over it. Loaded only when a PDF is opened.
import type { PassageView } from "@/shared/api/types";
import workerUrl from "pdfjs-dist/build/pdf.worker.min.mjs?url";
import { useEffect, useMemo, useRef, useState } from "react";
import { Document, Page, pdfjs } from "react-pdf";
import "react-pdf/dist/Page/TextLayer.css";
import { boxStyle } from "./geometry";

declare const __PDFJS_DATA__: string;

pdfjs.GlobalWorkerOptions.workerSrc = workerUrl;

const OPTIONS = {
  cMapUrl: `${__PDFJS_DATA__}cmaps/`,
  cMapPacked: true,
  standardFontDataUrl: `${__PDFJS_DATA__}standard_fonts/`,
  wasmUrl: `${__PDFJS_DATA__}wasm/`,
  isEvalSupported: false,
};

interface Props {
  revision: string;
  page: number;
  zoom: number;
  /** The passage to mark, when it lies on this page. */
  passage: PassageView | null;
  onPages: (pages: number) => void;
}

export default function PdfPage({ revision, page, zoom, passage, onPages }: Props) {
  const frame = useRef<HTMLDivElement>(null);
  const available = useWidth(frame);
  const [broken, setBroken] = useState(false);
  const width = Math.floor(available * zoom);
  const file = useMemo(() => ({ url: `/v1/passages/${encodeURIComponent(revision)}/content` }), [revision]);
  return (
    <div ref={frame} className="w-full">
      {available > 0 && (
        <Sheet page={page} width={width}>
          {broken ? (
            <PageImage revision={revision} page={page} width={width} passage={passage} />
          ) : (
            <Document
              file={file}
              options={OPTIONS}
              onLoadSuccess={(pdf) => onPages(pdf.numPages)}
              onLoadError={() => setBroken(true)}
              loading={<Loading width={width} />}
              externalLinkRel="noreferrer"
            >
              <PdfSheet page={page} width={width} passage={passage} />
            </Document>
          )}
        </Sheet>
      )}
    </div>
  );
}

function Sheet({ page, width, children }: { page: number; width: number; children: React.ReactNode }) {
  return (
    <div
      data-testid="viewer-page"
      data-page={page}
      className="relative mx-auto bg-white shadow-sheet [--page-ink:#111]"
      style={{ width }}
    >
      {children}
    </div>
  );
}

function PdfSheet({ page, width, passage }: { page: number; width: number; passage: PassageView | null }) {
  const [ready, setReady] = useState<number | null>(null);
  return (
    <Page
      pageNumber={page}
      width={width}
      renderAnnotationLayer={false}
      onRenderSuccess={() => setReady(page)}
      loading={<Loading width={width} />}
    >
      {passage && <Highlights passage={passage} width={width} ready={ready === page} />}
    </Page>
  );
}

function PageImage({ revision, page, width, passage }: { revision: string; page: number; width: number; passage: PassageView | null }) {
  const [ready, setReady] = useState(false);
  return (
    <>
      <img
        src={`/v1/passages/${encodeURIComponent(revision)}/${page}/image?width=1200`}
        alt={`Page ${page}`}
        width={width}
        onLoad={() => setReady(true)}
      />
      {passage && <Highlights passage={passage} width={width} ready={ready} />}
    </>
  );
}

function Highlights({ passage, width, ready }: { passage: PassageView; width: number; ready: boolean }) {
  const first = useRef<HTMLDivElement>(null);
  useEffect(() => {
    first.current?.scrollIntoView({ block: "center", inline: "nearest" });
  }, [passage, ready]);
  if (!passage.width) return null;
  const scale = width / passage.width;
  return passage.boxes.map((box, index) => (
    <div
      key={index}
      ref={index === 0 ? first : undefined}
      data-testid="highlight"
      className="passage-box"
      style={boxStyle(box, scale)}
    />
  ));
}

const Loading = ({ width }: { width: number }) => (
  <div className="grid animate-pulse place-items-center bg-white text-sm text-[#777]" style={{ width, height: width * 1.294 }}>
    <span className="sr-only">Loading the page</span>
  </div>
);

/** The element's width in CSS pixels, followed as it changes. */
function useWidth(element: React.RefObject<HTMLDivElement | null>): number {
  const [width, setWidth] = useState(0);
  useEffect(() => {
    const node = element.current;
    if (!node) return;
    const observer = new ResizeObserver((entries) => setWidth(Math.floor(entries[0]?.contentRect.width ?? 0)));
    observer.observe(node);
    return () => observer.disconnect();
  }, [element]);
  return width;
}
