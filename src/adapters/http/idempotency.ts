/**
 * Idempotency keys as they come in: a claim for the shop, and the keys that are in flight in this process.
 *
 * Why it exists: the database decides who binds a key (I5); but of two requests that race in one process the second
 * need not wait for a commit to learn that it is too early.
 * Law: a request with a key is carried to its end although its caller hangs up, so that it can be answered when it comes again
 * (`std/keys-in-flight.ts`). The fingerprint does not depend on the order of a body's members.
 * Fails: `idempotency-in-progress` (a problem).
 */

import { hash } from "node:crypto"
import { Effect } from "effect"
import type { Replayable } from "../../app/shop.ts"
import { type Claim, claimName, type Route } from "../../ports/inventory.ts"
import type { Probe } from "../../ports/probe.ts"
import { KeysInFlight } from "../../std/keys-in-flight.ts"
import * as Problems from "./problems.ts"

/** Mostly they are already, and sorting costs more than everything else here. */
const inOrder = (names: Array<string>): ReadonlyArray<string> => {
  for (let index = 1; index < names.length; index++) if (names[index - 1]! > names[index]!) return names.sort()
  return names
}

/** As JSON, the members of every object in the order of their names. */
const canonical = (value: unknown): string => {
  if (typeof value !== "object" || value === null) return JSON.stringify(value)
  if (Array.isArray(value)) return `[${value.map(canonical).join(",")}]`
  const members = value as Readonly<Record<string, unknown>>
  let text = "{"
  for (const name of inOrder(Object.keys(members))) {
    if (members[name] === undefined) continue
    text += `${text === "{" ? "" : ","}${JSON.stringify(name)}:${canonical(members[name])}`
  }
  return `${text}}`
}

/** The first 128 bits of SHA-256 over path and body, in the shape of a UUID. Every route with a key is a POST. */
export const fingerprint = (path: string, body: unknown): string => {
  const hex = hash("sha256", `POST ${path}\n${body === undefined ? "" : canonical(body)}`, "hex")
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20, 32)}`
}

export const make = (route: Route, key: string, path: string, body: unknown): Claim => ({
  route,
  key,
  fingerprint: fingerprint(path, body),
})

export interface InFlight {
  /** Runs `effect` unless a request with the same claim is running. Without a claim it just runs. */
  readonly once: <A extends Replayable<unknown>, E, R>(
    claim: Claim | null,
    effect: Effect.Effect<A, E, R>,
  ) => Effect.Effect<A, E | Problems.Problem, R>
}

export const inFlight = (probe: Probe["Service"]): InFlight => {
  const keys = new KeysInFlight()
  const busy = Effect.suspend(() => Effect.fail(Problems.idempotencyInProgress()))
  return {
    once: (claim, effect) => {
      if (claim === null) return effect
      const counted = Effect.map(effect, (done) => {
        if (done.replayed) probe.emit({ _tag: "Replayed", route: claim.route })
        return done
      })
      return keys.run(claimName(claim), counted, busy)
    },
  }
}
