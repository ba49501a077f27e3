/**
 * The webhooks of a provider: signed, repeated until they are acknowledged (2xx) or refused (4xx), and in every order that
 * providers have been seen to use. The signature is that of the carrier's callbacks, and of Stripe's.
 *
 * What was really played is counted, when it was acknowledged (`GET /faults`).
 */
import * as Webhook from "../../std/webhook-delivery.ts"

/** One way of sending a piece of news. `none`: it is never sent. */
const WAYS = ["normal", "duplicate", "late", "reordered", "none"] as const
type Way = (typeof WAYS)[number]

/** `mixed`: each piece of news in the next of the ways, in turn. */
export type Manner = Way | "mixed"

/** How late a late one is, how soon one comes again, and how long one is kept back that is to be overtaken (milliseconds). */
const LATE_MS = 10_000
const AGAIN_MS = 500
const OVERTAKEN_MS = 1_000

export interface Options {
  readonly url: string | null
  readonly secret: string
  readonly header: string
  readonly manner: Manner
}

export interface Counts {
  /** Acknowledged, the first time; `GET /faults` has it by this name. */
  readonly told: number
  /** Acknowledged a second time. */
  readonly duplicate: number
  /** Acknowledged LATE_MS after it had happened, or later. */
  readonly late: number
  /** Acknowledged after a newer one: of any charge, and of the same. */
  readonly reordered: number
  readonly reorderedWithinCharge: number
  /** Never sent. */
  readonly none: number
  /** Answered with a 4xx. */
  readonly refused: number
  /** Still to be acknowledged. */
  readonly pending: number
}

interface Piece {
  /** Counted from 1, as things happen. */
  readonly number: number
  readonly ref: string
  /** What was acknowledged meanwhile, though it happened later. */
  overtakenBy: "none" | "another charge" | "its own charge"
}

export class Sender {
  readonly #options: Options
  readonly #counts = { told: 0, duplicate: 0, late: 0, reordered: 0, reorderedWithinCharge: 0, none: 0, refused: 0 }
  /** Not acknowledged yet. */
  readonly #pending = new Set<Piece>()
  #number = 0
  #again = 0

  constructor(options: Options) {
    this.#options = options
  }

  get counts(): Counts {
    return { ...this.#counts, pending: this.#pending.size + this.#again }
  }

  /** Sends it, in the background. `ref`: the charge that it is about. */
  send(ref: string, news: unknown): void {
    const { url } = this.#options
    if (url === null || news === null) return
    const piece: Piece = { number: ++this.#number, ref, overtakenBy: "none" }
    const way = this.#wayOf(piece.number)
    if (way === "none") {
      this.#counts.none++
      return
    }
    this.#pending.add(piece)
    void this.#deliver(piece, way, { ...this.#options, url }, JSON.stringify(news))
  }

  #wayOf(number: number): Way {
    const { manner } = this.#options
    if (manner === "mixed") return WAYS[(number - 1) % WAYS.length]!
    // Every other one is kept back, so that the one behind it comes first.
    return manner === "reordered" && number % 2 === 0 ? "normal" : manner
  }

  async #deliver(piece: Piece, way: Way, to: Webhook.Receiver, body: string): Promise<void> {
    if (way === "duplicate") void this.#sendAgain(to, body)
    if (way === "late") await Webhook.pause(LATE_MS)
    if (way === "reordered") await Webhook.pause(OVERTAKEN_MS)
    const isAcknowledged = (await Webhook.deliver(to, body)) < 300
    this.#pending.delete(piece)
    if (!isAcknowledged) {
      this.#counts.refused++
      return
    }
    this.#counts.told++
    if (way === "late") this.#counts.late++
    if (piece.overtakenBy !== "none") this.#counts.reordered++
    if (piece.overtakenBy === "its own charge") this.#counts.reorderedWithinCharge++
    for (const other of this.#pending) if (other.number < piece.number) overtake(other, piece)
  }

  async #sendAgain(to: Webhook.Receiver, body: string): Promise<void> {
    this.#again++
    await Webhook.pause(AGAIN_MS)
    this.#counts[(await Webhook.deliver(to, body)) < 300 ? "duplicate" : "refused"]++
    this.#again--
  }
}

const overtake = (piece: Piece, by: Piece): void => {
  if (piece.ref === by.ref) piece.overtakenBy = "its own charge"
  else if (piece.overtakenBy === "none") piece.overtakenBy = "another charge"
}
