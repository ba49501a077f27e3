/**
 * Readers: people who look at orders, lists and stock while the service is being hurt. They are answered what is so, or 503
 * with a time to come back; an order that was acknowledged is never unknown.
 */
import { ANSWER_MS, type Shoppers } from "./shoppers.ts"

const READERS = 2

/** Between two looks (ms). */
const PAUSE_MS = 5

export class Readers {
  /** How many readings were answered how. */
  readonly answers: Record<string, number> = {}
  readonly violations: Array<string> = []
  readonly #url: string
  readonly #shoppers: Shoppers
  readonly #products: ReadonlyArray<string>
  readonly #crowd: Promise<unknown>
  #open = true

  constructor(url: string, shoppers: Shoppers, products: ReadonlyArray<string>) {
    this.#url = url
    this.#shoppers = shoppers
    this.#products = products
    this.#crowd = Promise.all(Array.from({ length: READERS }, () => this.#read()))
  }

  async leave(): Promise<void> {
    this.#open = false
    await this.#crowd
  }

  async #read(): Promise<void> {
    for (let turn = 0; this.#open; turn++) {
      await this.#look(this.#paths(turn))
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS))
    }
  }

  #paths(turn: number): string {
    const product = this.#products[turn % this.#products.length]!
    switch (turn % 4) {
      case 0:
        return `/v1/products/${product}/stock`
      case 1:
        return "/v1/orders?limit=5"
      case 2:
        return `/v1/products/${product}`
      default: {
        const bought = this.#shoppers.wishes.findLast(
          ({ answers, kind }) => kind === "place" && (answers.at(-1)?.status ?? 500) < 300,
        )
        return bought === undefined ? "/v1/products" : `/v1/orders/${bought.answers.at(-1)!.body.id}`
      }
    }
  }

  async #look(path: string): Promise<void> {
    try {
      const response = await fetch(this.#url + path, { signal: AbortSignal.timeout(ANSWER_MS) })
      await response.text()
      this.answers[response.status] = (this.answers[response.status] ?? 0) + 1
      if (response.status === 503 && response.headers.get("retry-after") === null)
        this.violations.push(`GET ${path} got a 503 without Retry-After`)
      if (response.status !== 200 && response.status !== 503)
        this.violations.push(`GET ${path} was answered ${response.status}`)
    } catch (error) {
      this.violations.push(`GET ${path} got no answer: ${error}`)
    }
  }
}
