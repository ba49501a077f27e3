/**
 * What Jaego uses of Stripe's API, spoken by the simulated provider: PaymentIntents (create, confirm, retrieve, cancel), refunds,
 * and events about them.
 *
 * Idempotency is Stripe's: the first answer under a key stands, whatever it was, once the work was begun, and is given again with
 * `Idempotent-Replayed`; other parameters under it are an error (400), and so is a second request while the first runs (409).
 *
 * Limits: INTENTS_MAX intents and as many keys, the oldest leave first. Any key that begins with sk_ is let in.
 */
import { randomUUID } from "node:crypto"
import { type Asked, type Dialect, NOT_FOUND, type Reply } from "./dialect.ts"
import * as Objects from "./stripe-objects.ts"
import type { Till } from "./till.ts"

/** Some minutes of a busy shop, about 100 MB with their answers. */
const INTENTS_MAX = 50_000

const failure = (status: number, error: object): Reply => ({ status, body: { error } })

const invalid = (message: string, more: object = {}): Reply =>
  failure(400, { type: "invalid_request_error", message, ...more })

const UNAUTHORIZED = failure(401, { type: "invalid_request_error", message: "You did not provide an API key." })
const DOWN = failure(500, { type: "api_error", message: "An unknown error occurred" })
const IN_USE = failure(409, {
  ...{ type: "invalid_request_error", code: "idempotency_key_in_use" },
  message: "There is currently another in-progress request using this Idempotent Key.",
})
const OTHER_PARAMETERS = failure(400, {
  type: "idempotency_error",
  message: "Keys for idempotent requests can only be used with the same parameters they were first used with.",
})

/** Stripe's own names for cards that behave in a certain way, in the till's words. */
const TEST_CARDS: Readonly<Record<string, string>> = {
  pm_card_visa: "tok_ok",
  pm_card_chargeDeclined: "tok_decline",
  pm_card_visa_chargeDeclinedFraudulent: "tok_decline_final",
  pm_card_authenticationRequired: "tok_action",
}

/** What the till calls a decline for good, as Stripe says it. */
const reasonOf = (code: string): string => (code === "do_not_honor" ? "fraudulent" : code)

/** Keeps the newest. */
class Newest<A> {
  readonly #all = new Map<string, A>()

  get(key: string): A | undefined {
    return this.#all.get(key)
  }

  set(key: string, value: A): void {
    this.#all.set(key, value)
    if (this.#all.size > INTENTS_MAX) this.#all.delete(this.#all.keys().next().value!)
  }

  delete(key: string): void {
    this.#all.delete(key)
  }

  /** The newest first. */
  values(): ReadonlyArray<A> {
    return [...this.#all.values()].reverse()
  }
}

/** A request under a key; `reply` null: it is under way. */
interface Keyed {
  readonly asked: string
  reply: Reply | null
}

const isValidation = ({ body, status }: Reply): boolean =>
  status === 400 && (body as { readonly error: { readonly param?: string } }).error.param !== undefined

const metadataIn = (form: URLSearchParams): Record<string, string> =>
  Object.fromEntries(
    [...form].flatMap(([name, value]) => {
      const [, key] = /^metadata\[(.+)\]$/.exec(name) ?? []
      return key === undefined ? [] : [[key, value]]
    }),
  )

const tokenIn = (form: URLSearchParams): string => {
  const given = form.get("payment_method") ?? form.get("confirmation_token") ?? ""
  return TEST_CARDS[given] ?? given
}

class Counter {
  readonly #till: Till
  readonly #intents = new Newest<Objects.Kept>()
  readonly #keys = new Newest<Keyed>()

  constructor(till: Till) {
    this.#till = till
  }

  async serve(asked: Asked): Promise<Reply | null> {
    if (!/^Bearer [sr]k_/.test(asked.headers.authorization ?? "")) return UNAUTHORIZED
    const key = asked.headers["idempotency-key"] as string | undefined
    if (asked.method !== "POST" || key === undefined) return this.#route(asked)
    const what = `${asked.path}?${asked.body}`
    const before = this.#keys.get(key)
    if (before === undefined) return this.#first(key, { asked: what, reply: null }, asked)
    if (before.asked !== what) return OTHER_PARAMETERS
    return before.reply === null ? IN_USE : { ...before.reply, headers: { "idempotent-replayed": "true" } }
  }

  /** What is refused for its parameters was never begun, and is not kept. */
  async #first(key: string, keyed: Keyed, asked: Asked): Promise<Reply | null> {
    this.#keys.set(key, keyed)
    const reply = await this.#route(asked)
    if (reply === null || isValidation(reply)) this.#keys.delete(key)
    else keyed.reply = reply
    return reply
  }

  #route(asked: Asked): Promise<Reply | null> | Reply {
    const form = new URLSearchParams(asked.body)
    if (asked.path === "/v1/refunds" && asked.method === "POST") return this.#refund(form)
    const [, id, step] = /^\/v1\/payment_intents(?:\/([^/]+)(?:\/(capture|confirm|cancel))?)?$/.exec(asked.path) ?? []
    if (id === undefined) {
      if (asked.path !== "/v1/payment_intents") return NOT_FOUND
      return asked.method === "GET" ? this.#list(asked.query) : this.#create(form)
    }
    const kept = this.#intents.get(id)
    if (kept === undefined)
      return failure(404, { type: "invalid_request_error", code: "resource_missing", message: "no such intent" })
    if (step === "confirm") return this.#confirm(kept, form)
    if (step === "capture") return this.#capture(kept)
    return step === "cancel" ? this.#cancel(kept) : this.#shown(kept)
  }

  #shown(kept: Objects.Kept): Reply {
    return { status: 200, body: Objects.intent(kept, this.#state(kept)) }
  }

  #create(form: URLSearchParams): Reply {
    const amount = Number(form.get("amount"))
    if (!Number.isSafeInteger(amount) || amount < 1)
      return invalid("Invalid positive integer", { code: "parameter_invalid_integer", param: "amount" })
    const kept: Objects.Kept = {
      id: `pi_${randomUUID().replaceAll("-", "")}`,
      ...{ amount, currency: form.get("currency") ?? "", metadata: metadataIn(form), created: Objects.seconds() },
      redirects: form.get("automatic_payment_methods[allow_redirects]") === "never" ? "never" : "always",
      capture: form.get("capture_method") === "manual" ? "on-shipment" : "auto",
      ...{ attempts: 0, comesBack: false, refund: null },
    }
    this.#intents.set(kept.id, kept)
    return this.#shown(kept)
  }

  #list(query: URLSearchParams): Reply {
    const since = Number(query.get("created[gte]") ?? 0)
    const limit = Number(query.get("limit") ?? 10)
    const all = this.#intents.values().filter(({ created }) => created >= since)
    const begin = all.findIndex(({ id }) => id === query.get("starting_after")) + 1
    const page = all.slice(begin, begin + limit)
    const shown = page.map((kept) => Objects.withCharge(kept, this.#state(kept)))
    return { status: 200, body: Objects.list("/v1/payment_intents", shown, begin + limit < all.length) }
  }

  async #confirm(kept: Objects.Kept, form: URLSearchParams): Promise<Reply | null> {
    const { status } = this.#state(kept)
    if (status === "succeeded" || status === "requires_capture" || status === "canceled") return this.#unexpected(kept)
    const money = { amount: kept.amount, currency: kept.currency.toUpperCase() }
    const { capture, id } = kept
    const charge = { key: id, ref: id, money, capture, customerId: kept.metadata["customer"] ?? "" }
    kept.attempts++
    kept.comesBack = form.has("return_url")
    const said = await this.#till.confirm({ ...charge, attempt: kept.attempts, token: tokenIn(form) })
    if (said === null) return null
    if (said._tag === "Unknown") return DOWN
    const state = this.#state(kept)
    if (said._tag !== "Declined") return this.#shown(kept)
    if (state.status !== "requires_payment_method") return this.#unexpected(kept)
    return failure(402, { ...state.error, payment_intent: Objects.intent(kept, state) })
  }

  #capture(kept: Objects.Kept): Reply {
    if (this.#state(kept).status !== "requires_capture") return this.#unexpected(kept)
    this.#till.capture(kept.id)
    return this.#shown(kept)
  }

  #cancel(kept: Objects.Kept): Reply {
    if (this.#state(kept).status === "canceled") return this.#unexpected(kept)
    return this.#till.void(kept.id)._tag === "Voided" ? this.#shown(kept) : this.#unexpected(kept)
  }

  #refund(form: URLSearchParams): Reply {
    const kept = this.#intents.get(form.get("payment_intent") ?? "")
    if (kept === undefined) return invalid("no such intent", { code: "resource_missing", param: "payment_intent" })
    if (kept.refund !== null) return invalid("It has been refunded already.", { code: "charge_already_refunded" })
    if (this.#state(kept).status !== "succeeded")
      return invalid("This PaymentIntent does not have a successful charge to refund.")
    kept.refund = Objects.refund(kept, Number(form.get("amount") ?? kept.amount))
    this.#till.refund(kept.id)
    return { status: 200, body: kept.refund }
  }

  #unexpected(kept: Objects.Kept): Reply {
    return invalid("The intent is in a state in which this cannot be done.", {
      code: "payment_intent_unexpected_state",
      payment_intent: Objects.intent(kept, this.#state(kept)),
    })
  }

  /** As the till has it. */
  #state({ attempts, id }: Objects.Kept): Objects.State {
    if (this.#till.account(id)?.state === "voided") return { status: "canceled" }
    if (attempts === 0) return { status: "requires_payment_method", error: null }
    const said = this.#till.read(id, attempts)
    switch (said._tag) {
      case "Charged":
        return { status: "succeeded" }
      case "Authorized":
        return { status: "requires_capture" }
      case "ActionRequired":
        return { status: "requires_action", action: said.action }
      case "Unknown":
        return { status: "processing" }
      case "Absent":
        return { status: "requires_payment_method", error: null }
      case "Declined": {
        const isRefusal = said.code === "authentication_failed"
        const error = isRefusal ? Objects.authenticationError : Objects.cardError(reasonOf(said.code))
        return { status: "requires_payment_method", error }
      }
    }
  }

  news(id: string): unknown {
    const kept = this.#intents.get(id)
    if (kept === undefined) return null
    const state = this.#state(kept)
    if (kept.refund !== null) return Objects.event(`evt_${id}_refund`, "refund.created", kept.refund)
    const types = {
      ...{ succeeded: "succeeded", canceled: "canceled", requires_payment_method: "payment_failed" },
      requires_capture: "amount_capturable_updated",
    } as const
    const type = types[state.status as keyof typeof types]
    return Objects.event(`evt_${id}_${kept.attempts}_${type}`, `payment_intent.${type}`, Objects.intent(kept, state))
  }
}

export const make = (till: Till): Dialect => {
  const counter = new Counter(till)
  return {
    serve: (asked) => counter.serve(asked),
    news: (ref) => counter.news(ref),
    signatureHeader: "stripe-signature",
  }
}
