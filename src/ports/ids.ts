/** Fresh identifiers: UUIDv7, lower case, growing with time. A service, so that a simulation can mint them from its seed. */
import { Context } from "effect"

/** The lowest id of a moment (ms since 1970); null: of the beginning, or before. */
export const lowest = (at: number): string | null => {
  if (at <= 0) return null
  const digits = at.toString(16).padStart(12, "0")
  return `${digits.slice(0, 8)}-${digits.slice(8)}-7000-8000-000000000000`
}

/** The moment that a UUIDv7 begins with (ms since 1970). */
export const timeOf = (id: string): number => Number.parseInt(id.slice(0, 8) + id.slice(9, 13), 16)

export class Ids extends Context.Service<Ids, { readonly next: () => string }>()("jaego/ports/Ids") {}
