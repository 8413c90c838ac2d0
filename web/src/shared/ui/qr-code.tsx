// A text as a QR code, drawn as one path: dark on light whatever the theme, for cameras read it so.
import { useMemo } from "react";
import { encode } from "uqr";

const QUIET = 4; // modules around it, as ISO/IEC 18004 asks for

export function QrCode({ text, label }: { text: string; label: string }) {
  const { data, size } = useMemo(() => encode(text, { border: QUIET }), [text]);
  const dark = data.flatMap((row, y) => row.flatMap((isDark, x) => (isDark ? `M${x} ${y}h1v1h-1z` : []))).join("");
  return (
    <svg role="img" aria-label={label} viewBox={`0 0 ${size} ${size}`} shapeRendering="crispEdges" className="size-44 rounded-lg border border-line" data-testid="qr-code">
      <rect width={size} height={size} fill="#fff" />
      <path d={dark} fill="#000" />
    </svg>
  );
}
