/** The simulated carrier as a process of its own, with its books. */
import { CLI, Process, until } from "./service.ts"

export interface Parcel {
  readonly key: string
  readonly customerId: string
  readonly trackingId: string
  readonly state: "registered" | "collected" | "delivered" | "barred" | "refused"
  readonly asked: number
}

/** What both sign with. */
export const SECRET = "a secret that both know"

export class Carrier {
  readonly process: Process
  readonly url: string

  constructor(process: Process, url: string) {
    this.process = process
    this.url = url
  }

  /** Its books: one parcel a key. */
  async parcels(): Promise<ReadonlyArray<Parcel>> {
    const response = await fetch(`${this.url}/v1/shipments`)
    return ((await response.json()) as { readonly data: ReadonlyArray<Parcel> }).data
  }

  async parcelsOf(customerId: string): Promise<ReadonlyArray<Parcel>> {
    return (await this.parcels()).filter((parcel) => parcel.customerId === customerId)
  }

  kill(): Promise<unknown> {
    this.process.signal("SIGKILL")
    return this.process.ended
  }
}

/** `options`: as of `jaego simulate carrier`; on any free port unless given. */
export const start = async (options: Readonly<Record<string, string | number>> = {}): Promise<Carrier> => {
  const given = { port: 0, ...options }
  const flags = Object.entries(given).flatMap(([name, value]) => [`--${name}`, String(value)])
  const child = new Process(process.execPath, [CLI, "simulate", "carrier", ...flags], {
    CARRIER_WEBHOOK_SECRET: SECRET,
  })
  const url = await until("the carrier says where it is", () => {
    if (child.end !== null) throw new Error(`the carrier ended: ${child.stdout}${child.stderr}`)
    return /ready at (http:\/\/[^\s;]+)/.exec(child.stdout)?.[1]
  })
  return new Carrier(child, url)
}
