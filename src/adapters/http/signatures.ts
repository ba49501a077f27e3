/** Whether a webhook is signed by the one that it says it is from, and now. */
import { Clock, Context, Effect } from "effect"
import type { HttpServerRequest } from "effect/http"
import * as Signature from "../../std/webhook-signature.ts"
import * as Problems from "./problems.ts"

/** Who calls from outside: the carrier, and payment providers by the name that the path has. */
export type Sender = "carrier" | "http" | "stripe"

/** What each signs with: two while one is changed; none: none of its webhooks is accepted. */
export type Secrets = { readonly [Name in Sender]: ReadonlyArray<string> }

export const NONE: Secrets = { carrier: [], http: [], stripe: [] }

export const WebhookSecrets = Context.Reference<Secrets>("jaego/adapters/http/WebhookSecrets", {
  defaultValue: () => NONE,
})

/** How a kind of webhook is signed. */
export interface Signing {
  readonly secrets: ReadonlyArray<string>
  /** The knob that holds them. */
  readonly knob: string
  /** The header, as it is written for people. */
  readonly header: string
}

/** What is wrong with a signature; null: nothing. `now` in milliseconds since 1970. */
const problemOf = (
  { header, knob, secrets }: Signing,
  given: string | undefined,
  body: Uint8Array,
  now: number,
): Problems.Problem | null => {
  if (secrets.length === 0) return Problems.callbacksNotConfigured(knob)
  const invalid = (detail: string) => Problems.invalidSignature(header, detail)
  const signature = given === undefined ? null : Signature.read(given)
  if (signature === null) return invalid(`Send ${header}: t=<unix seconds>,v1=<hex>.`)
  if (!Signature.isTrue(signature, secrets, body))
    return invalid("It is not that of this body under the secret we know.")
  return Signature.isFresh(signature, now) ? null : invalid("Its time is too far from ours: sign it anew.")
}

/** Fails with what is wrong with the signature that the request was given. Its body has been read before: these are the bytes. */
export const check = Effect.fnUntraced(function* (
  signing: Signing,
  given: string | undefined,
  request: HttpServerRequest.HttpServerRequest,
) {
  const body = new Uint8Array(yield* Effect.orDie(request.arrayBuffer))
  const problem = problemOf(signing, given, body, yield* Clock.currentTimeMillis)
  if (problem !== null) return yield* Effect.fail(problem)
})
