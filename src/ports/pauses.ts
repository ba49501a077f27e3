/** Pauses: what an operator has stopped selling, for every process and across restarts. */
import { Context, type Effect } from "effect"
import type { ProductId } from "../domain/ids.ts"
import type { Unavailable } from "./failures.ts"

export interface Pause {
  /** Null: of everything. */
  readonly productId: ProductId | null
  readonly reason: string
  /** Milliseconds since 1970. */
  readonly since: number
  /** When it ends by itself; null: not before it is ended. */
  readonly until: number | null
}

export class Pauses extends Context.Service<
  Pauses,
  {
    /** Those that have not been ended; time may have ended them. */
    readonly list: Effect.Effect<ReadonlyArray<Pause>, Unavailable>
    /** In place of the one that there is of the same product, or of everything. */
    readonly put: (pause: Pause) => Effect.Effect<void, Unavailable>
    /** Ends it, if there is one. */
    readonly end: (productId: ProductId | null) => Effect.Effect<void, Unavailable>
  }
>()("jaego/ports/Pauses") {}
