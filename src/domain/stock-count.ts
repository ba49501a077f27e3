/**
 * A stock count (stocktaking), as a difference: what was counted on the shelf at a version of the stock gives the units to adjust it by
 * now. What was sold, received or adjusted since that version stays as it is, so a count taken during a sale destroys nothing.
 *
 * Law: once the newest count is applied, the stock is what was counted plus what has changed since, whenever and however often it and
 * older counts are applied. So a count gives its difference less what other counts have corrected after its version, and one
 * that is older than a count applied before it is refused: that one saw more.
 * Fails: `VersionAhead`, `CountSuperseded` (values).
 */
import { Result } from "effect"

export interface Count {
  /** Units on the shelf: held ones too, which leave it only when they are paid. */
  readonly counted: number
  /** Of the stock as it was when they were counted. */
  readonly version: number
}

/** A count that was applied, also one that found nothing to correct: it too makes older ones stale. */
export interface Correction {
  /** At which its units were counted. */
  readonly countedAt: number
  /** Of the stock right after it was applied. */
  readonly version: number
  /** Change of `onHand`, units, signed. */
  readonly delta: number
}

/** What the ledger of a product says about the version of a count. */
export interface Books {
  /** Of the stock now. */
  readonly version: number
  /** Units on hand at the version of the count; not looked at when that version is still to come. */
  readonly onHandThen: number
  /** At least those applied after the version of the count, in any order. */
  readonly corrections: ReadonlyArray<Correction>
}

export type Rejection =
  | { readonly _tag: "VersionAhead"; readonly version: number }
  | { readonly _tag: "CountSuperseded"; readonly countedAt: number }

/** Units to adjust the stock by, signed; 0: there is nothing to adjust, but the count is remembered as applied. */
export const difference = (count: Count, books: Books): Result.Result<number, Rejection> => {
  if (count.version > books.version) return Result.fail({ _tag: "VersionAhead", version: books.version })
  let corrected = 0
  for (const { countedAt, delta, version } of books.corrections) {
    if (countedAt > count.version) return Result.fail({ _tag: "CountSuperseded", countedAt })
    if (version > count.version) corrected += delta
  }
  return Result.succeed(count.counted - books.onHandThen - corrected)
}
