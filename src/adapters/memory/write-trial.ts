/** Memory takes every write. */
import { Effect, Layer } from "effect"
import { WriteTrial } from "../../ports/write-trial.ts"

export const layer = Layer.succeed(WriteTrial, { attempt: Effect.void })
