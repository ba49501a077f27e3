/**
 * Identifiers from a seed: UUIDv7 in form, the same ones in the same order for the same seed.
 *
 * The time in them is a count, so they grow; what follows is a small generator (mulberry32), good enough to spread lanes.
 */
import { Layer } from "effect"
import { Ids } from "../../src/ports/ids.ts"
import { mulberry32 } from "../../src/std/mulberry32.ts"

/** 2026-01-01T00:00:00Z (ms since 1970): ids look like those of that day. */
const EPOCH = 1_767_225_600_000

export const make = (seed: number): Ids["Service"] => {
  const random = mulberry32(seed)
  const hex = (value: number, digits: number) => value.toString(16).padStart(digits, "0")
  let count = 0
  return {
    next: () => {
      const time = hex(EPOCH + count++, 12)
      const version = `7${hex(random() & 0xfff, 3)}`
      const variant = hex((random() & 0x3fff) | 0x8000, 4)
      const rest = hex(random() & 0xffff, 4) + hex(random(), 8)
      return `${time.slice(0, 8)}-${time.slice(8)}-${version}-${variant}-${rest}`
    },
  }
}

export const layer = (seed: number): Layer.Layer<Ids> => Layer.sync(Ids, () => make(seed))
