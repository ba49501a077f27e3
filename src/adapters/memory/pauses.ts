/** Pauses in memory. */
import { Effect, Layer } from "effect"
import { type Pause, Pauses } from "../../ports/pauses.ts"

export const layer = Layer.sync(Pauses, () => {
  const pauses = new Map<string | null, Pause>()
  return {
    list: Effect.sync(() => [...pauses.values()]),
    put: (pause: Pause) => Effect.sync(() => void pauses.set(pause.productId, pause)),
    end: (productId: string | null) => Effect.sync(() => void pauses.delete(productId)),
  }
})
