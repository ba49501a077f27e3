/** One page out of rows that are all at hand. */
import type { Page, PageRequest } from "../../ports/page.ts"

type Direction = "newest-first" | "oldest-first"

/** Rows after `request.after`, in order of their positions. */
export const page = <Row, Position extends string | number>(
  rows: Iterable<Row>,
  positionOf: (row: Row) => Position,
  direction: Direction,
  request: PageRequest<Position>,
): Page<Row, Position> => {
  const { after, limit } = request
  const sign = direction === "newest-first" ? -1 : 1
  const compare = (a: Position, b: Position) => (a < b ? -sign : a > b ? sign : 0)
  const rest = [...rows]
    .filter((row) => after === null || compare(positionOf(row), after) > 0)
    .sort((a, b) => compare(positionOf(a), positionOf(b)))
  const shown = rest.slice(0, limit)
  return { rows: shown, next: rest.length > limit ? positionOf(shown.at(-1)!) : null }
}
