/** Shipping's consumer: a paid order is to be shipped, some time after it was paid, so that a buyer can think again. */
import { Result } from "effect"
import type { OrderId } from "../../domain/ids.ts"
import { ORDERS } from "../../ports/events.ts"
import type { Consumer } from "../consumer.ts"

const PAID = "jaego.order.paid.v1"

export interface Options {
  /** From the payment to the first word with the carrier (ms). */
  readonly afterMs: number
}

export const make = ({ afterMs }: Options): Consumer => ({
  name: "shipping",
  topics: [ORDERS],
  wants: (type) => type === PAID,
  writes: ({ data, subject, time }) =>
    data["status"] === "paid"
      ? Result.succeed([{ _tag: "OpenShipment", orderId: subject as OrderId, at: time + afterMs }])
      : Result.fail(`paid, but its status is ${JSON.stringify(data["status"])}`),
})
