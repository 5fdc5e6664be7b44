/**
 * Which parts of a line stand in it, when the others are gathered at its end: as many of the first as there is room for, and always the
 * one that is open. Widths are in pixels and hold what lies between two parts.
 */
export function fitting(widths: readonly number[], room: number, gathered: number, open: number): number[] {
  if (widths.reduce((sum, width) => sum + width, 0) <= room) return [...widths.keys()]
  const kept = widths[open] === undefined ? [] : [open]
  let left = room - gathered - (widths[open] ?? 0)
  for (const [index, width] of widths.entries()) {
    if (index === open) continue
    left -= width
    if (left < 0) break
    kept.push(index)
  }
  return kept.toSorted((one, other) => one - other)
}
