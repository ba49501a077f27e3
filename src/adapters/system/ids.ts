/** Identifiers as the machine mints them: UUIDv7, growing within this process, unguessable in their last 62 bits. */
import { randomUUIDv7 } from "node:crypto"
import { Layer } from "effect"
import { Ids } from "../../ports/ids.ts"

export const layer: Layer.Layer<Ids> = Layer.succeed(Ids, { next: () => randomUUIDv7() })
