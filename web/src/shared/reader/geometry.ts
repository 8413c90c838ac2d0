// From points on the page to pixels on the screen.
import type { Box } from "@/shared/api/types";

/** CSS of a box in points (origin top left) on a page shown at `scale` pixels a point. */
export function boxStyle(box: Box, scale: number): { left: number; top: number; width: number; height: number } {
  return {
    left: box.x0 * scale,
    top: box.y0 * scale,
    width: (box.x1 - box.x0) * scale,
    height: (box.y1 - box.y0) * scale,
  };
}
