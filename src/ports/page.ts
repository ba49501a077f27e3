/** One page of a keyset-paginated list; `next` is the position after the last row, null at the end. */
export interface Page<Row, Position> {
  readonly rows: ReadonlyArray<Row>
  readonly next: Position | null
}

export interface PageRequest<Position> {
  /** 1 or more: at most 100 in a page for callers, more in a part of an export. */
  readonly limit: number
  /** Rows after this position; null: from the beginning. */
  readonly after: Position | null
}
