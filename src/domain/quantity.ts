/** Quantities are whole units; the bounds are those of the API. */

/** Most units one order line, receipt or adjustment may name. */
export const MAX_PER_LINE = 1_000_000

/** Most units of one product on hand: far above any shelf, far below where integers stop being exact. */
export const MAX_ON_HAND = 1_000_000_000_000
