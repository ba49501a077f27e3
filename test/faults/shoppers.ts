/**
 * Shoppers: a crowd that buys, pays and cancels over HTTP, by a seed, while the service is being hurt, and writes down
 * everything it asked and was answered. `judge.ts` holds the shop to it.
 *
 * A wish is asked with a key of its own until its answer is final: sometimes at once by the same shopper, sometimes only
 * when `settle` asks for all that is open. So there are always requests whose outcome is unknown.
 *
 * Limits: loopback only; at most `size` requests at a time.
 */
import { performance } from "node:perf_hooks"
import { type Random, randomOf } from "../support/random.ts"

export type Kind = "place" | "pay" | "cancel"

/** What one attempt came to. */
export interface Answered {
  /** Milliseconds of this process's own clock. */
  readonly sentAt: number
  readonly heardAt: number
  /** Null: the connection ended, or never began. */
  readonly status: number | null
  /** The problem's code, of an error. */
  readonly code: string | null
  // biome-ignore lint/suspicious/noExplicitAny: answers are looked at field by field
  readonly body: any
  readonly replayed: boolean
  readonly retryAfter: string | null
}

export interface Wish {
  readonly number: number
  readonly kind: Kind
  readonly key: string
  readonly path: string
  readonly body: unknown
  /** The order to pay or cancel; null for a new one. */
  readonly orderId: string | null
  /** Every attempt, oldest first. */
  readonly answers: Array<Answered>
}

export interface Options {
  /** Where the service is now; asked before each attempt. The next one is asked where the last gave no answer. */
  readonly url: (attempt: number) => string
  readonly products: ReadonlyArray<string>
  readonly seed: number
  /** Shoppers at a time; 16 unless given. */
  readonly size?: number
  /** How orders are to be paid, each as likely; PAYMENTS unless given. */
  readonly payments?: ReadonlyArray<unknown>
  /** Statuses in which a placed order is remembered, to be paid or cancelled; `reserved` unless given. */
  readonly remembered?: ReadonlyArray<string>
  /** Of ten wishes, how many cancel an order; 1 unless given, and of the others at most 2 pay one. */
  readonly cancels?: number
  /** One wish in how many asks for several products; 3 unless given. */
  readonly severalIn?: number
  /** How often each asks before a wish is left open; unless given, half of them once, the others twenty times. */
  readonly attempts?: number
  /** How soon a shopper that was turned away comes back (ms); PATIENCE_MS by default. */
  readonly patienceMs?: number
}

/** A shopper that was turned away comes back after this, ms, by default. */
const PATIENCE_MS = 20

/** No answer at all within this is a defect of its own (ms): far above every deadline of the service, on a busy machine too. */
export const ANSWER_MS = 120_000

/** An answer that stays as it is, however often the same is asked; anything else is worth another attempt. */
export const isFinal = ({ status, code }: Answered): boolean =>
  status !== null && status < 500 && code !== "idempotency-in-progress" && code !== "payment-in-progress"

export const finalOf = (wish: Wish): Answered | null => {
  const last = wish.answers.at(-1)
  return last !== undefined && isFinal(last) ? last : null
}

/** `201`, `409 insufficient-stock`, `no answer`. */
export const kindOf = ({ status, code }: Answered): string =>
  status === null ? "no answer" : code === null ? String(status) : `${status} ${code}`

const PAYMENTS = ["later", "later", "later", { token: "tok_ok" }, { token: "tok_ok" }, { token: "tok_decline" }]

const REMEMBERED = ["reserved"]

export class Shoppers {
  readonly wishes: Array<Wish> = []
  /** Attempts that were answered with an acceptance so far: for waiting until business goes on. */
  accepted = 0
  readonly #options: Options
  readonly #random: Random
  /** Orders that were heard of and may be paid or cancelled. */
  readonly #placed: Array<string> = []
  #open = false
  #crowd: Promise<unknown> = Promise.resolve()

  constructor(options: Options) {
    this.#options = options
    this.#random = randomOf(options.seed)
  }

  /** From now on there are `size` of them, each asking for one thing after the other. */
  open(): void {
    if (this.#open) return
    this.#open = true
    const shop = async () => {
      while (this.#open) await this.#fulfil(this.#wish())
    }
    this.#crowd = Promise.all(Array.from({ length: this.#options.size ?? 16 }, shop))
  }

  /** No shopper begins anything new; settles when each has its answer, or has lost the connection. */
  async close(): Promise<void> {
    this.#open = false
    await this.#crowd
  }

  /** What is not known yet. */
  get unsettled(): ReadonlyArray<Wish> {
    return this.wishes.filter((wish) => finalOf(wish) === null)
  }

  /** Asks again, with the same keys, for everything that is open, until all answers are final. */
  async settle(withinMs = 30_000): Promise<void> {
    const until = performance.now() + withinMs
    const left = [...this.unsettled]
    const shop = async () => {
      for (let wish = left.pop(); wish !== undefined; wish = left.pop())
        while (finalOf(wish) === null && performance.now() < until) {
          await this.attempt(wish)
          if (finalOf(wish) === null) await this.#pause()
        }
    }
    await Promise.all(Array.from({ length: this.#options.size ?? 16 }, shop))
  }

  #pause(): Promise<unknown> {
    return new Promise((resolve) => setTimeout(resolve, this.#options.patienceMs ?? PATIENCE_MS))
  }

  async #fulfil(wish: Wish): Promise<void> {
    this.wishes.push(wish)
    // Half of them insist; the rest leave it open, and go on to something else.
    const attempts = this.#options.attempts ?? (this.#random(2) === 0 ? 1 : 20)
    for (let made = 0; made < attempts && this.#open; made++) {
      await this.attempt(wish)
      if (finalOf(wish) !== null) return
      await this.#pause()
    }
  }

  #wish(): Wish {
    const number = this.wishes.length
    const key = `wish-${this.#options.seed}-${number}`
    const what = this.#random(10)
    if (what >= 7 && this.#placed.length > 0) {
      const orderId = this.#placed[this.#random(this.#placed.length)]!
      const kind = what >= 10 - (this.#options.cancels ?? 1) ? "cancel" : "pay"
      const body = kind === "pay" ? { token: "tok_ok" } : { reason: "changed my mind" }
      return { number, kind, key, path: `/v1/orders/${orderId}/${kind}`, body, orderId, answers: [] }
    }
    const { payments = PAYMENTS } = this.#options
    const body = {
      customerId: `shopper-${this.#random(40)}`,
      lines: this.#lines(),
      payment: payments[this.#random(payments.length)],
    }
    return { number, kind: "place", key, path: "/v1/orders", body, orderId: null, answers: [] }
  }

  #lines(): ReadonlyArray<{ readonly productId: string; readonly quantity: number }> {
    const { products, severalIn = 3 } = this.#options
    const count = this.#random(severalIn) === 0 ? 2 + this.#random(2) : 1
    const chosen = new Set(Array.from({ length: count }, () => products[this.#random(products.length)]!))
    return [...chosen].map((productId) => ({ productId, quantity: 1 + this.#random(2) }))
  }

  /** Asks once. */
  async attempt(wish: Wish): Promise<Answered> {
    const sentAt = performance.now()
    const url = this.#options.url(wish.answers.length)
    const answer = await ask(url + wish.path, wish, sentAt)
    wish.answers.push(answer)
    if (answer.status !== null && answer.status < 300) {
      this.accepted++
      const { remembered = REMEMBERED } = this.#options
      if (wish.kind === "place" && remembered.includes(answer.body.status)) this.#remember(answer.body.id)
    }
    return answer
  }

  /** The latest fifty: those that are still alive get in each other's way. */
  #remember(orderId: string): void {
    this.#placed.push(orderId)
    if (this.#placed.length > 50) this.#placed.shift()
  }
}

const ask = async (url: string, { body, key }: Wish, sentAt: number): Promise<Answered> => {
  const nothing = { status: null, code: null, body: null, replayed: false, retryAfter: null }
  try {
    const response = await fetch(url, {
      method: "POST",
      headers: { "content-type": "application/json", "idempotency-key": key },
      body: JSON.stringify(body),
      signal: AbortSignal.timeout(ANSWER_MS),
    })
    const text = await response.text()
    const said = text === "" ? null : JSON.parse(text)
    return {
      sentAt,
      heardAt: performance.now(),
      status: response.status,
      code: response.status < 400 ? null : (said?.code ?? null),
      body: said,
      replayed: response.headers.get("idempotent-replayed") === "true",
      retryAfter: response.headers.get("retry-after"),
    }
  } catch (error) {
    const timedOut = error instanceof Error && error.name === "TimeoutError"
    return { ...nothing, code: timedOut ? "never" : null, sentAt, heardAt: performance.now() }
  }
}

/** Puts products on the shelf: `count` of them, ids. */
export const stockShelves = async (url: string, count: number, onHand: number): Promise<ReadonlyArray<string>> => {
  const ids: Array<string> = []
  for (let number = 0; number < count; number++) {
    const price = { amount: 1_000 + number, currency: "EUR" }
    const response = await fetch(`${url}/v1/products`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({
        sku: `shelf-${number}-${onHand}-${crypto.randomUUID()}`,
        name: "Moon jar",
        price,
        onHand,
      }),
    })
    if (response.status !== 201) throw new Error(`no product: ${response.status} ${await response.text()}`)
    ids.push(((await response.json()) as { readonly id: string }).id)
  }
  return ids
}
