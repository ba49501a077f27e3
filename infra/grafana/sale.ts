/** What is sold, what is refused, and what becomes of it: for those who run the shop. */
import { type Board, halfAndMost, now, quantile, rate, seldom } from "./panels.ts"

const PLACING = 'http_request_method="POST",http_route="/v1/orders"'

export const sale: Board = {
  name: "sale",
  title: "the sale",
  rows: [
    {
      title: "Now",
      panels: [
        {
          title: "Orders",
          says: "Orders accepted, a second.",
          unit: "reqps",
          isNumber: true,
          queries: [[rate("jaego_orders_placed_total"), "orders"]],
        },
        {
          title: "Units paid for",
          says: "A second.",
          unit: "ops",
          isNumber: true,
          queries: [[seldom(rate("jaego_units_sold_total")), "units"]],
        },
        {
          title: "Placing, p99",
          says: "How long all but one buyer in a hundred wait for the answer to an order.",
          unit: "s",
          isNumber: true,
          queries: [[quantile(0.99, "http_server_request_duration_seconds", "", PLACING), "p99"]],
        },
        {
          title: "Sold out",
          says: "Orders refused because there was not enough stock, a second.",
          unit: "reqps",
          isNumber: true,
          queries: [[seldom(rate("jaego_orders_refused_total", "", 'rejection="InsufficientStock"')), "refused"]],
        },
        {
          title: "Holds that live",
          says: "Orders whose units are kept until they are paid or their time is over.",
          unit: "short",
          isNumber: true,
          queries: [[now("jaego_holds_live", "max"), "orders"]],
        },
        {
          title: "Refunds due",
          says: "Money that is owed to buyers and not confirmed by the payment provider yet.",
          unit: "short",
          isNumber: true,
          queries: [[now("jaego_refunds_due", "max"), "refunds"]],
        },
      ],
    },
    {
      title: "Orders",
      panels: [
        {
          title: "Placed, by how they are paid",
          says: "`later`: the buyer pays in a request of its own.",
          unit: "reqps",
          queries: [[rate("jaego_orders_placed_total", "mode"), "{{mode}}"]],
        },
        {
          title: "Ended, by outcome",
          says: "Paid, cancelled, expired, declined.",
          unit: "reqps",
          queries: [[seldom(rate("jaego_orders_ended_total", "outcome")), "{{outcome}}"]],
        },
        {
          title: "Refused, by reason",
          says: "The business said no: sold out, limit reached, unknown product.",
          unit: "reqps",
          queries: [[seldom(rate("jaego_orders_refused_total", "rejection")), "{{rejection}}"]],
        },
        {
          title: "Revenue",
          says: "What was paid, in minor units of its currency (cents), a second.",
          unit: "short",
          queries: [[seldom(rate("jaego_revenue_minor_units_total", "currency")), "{{currency}}"]],
        },
        {
          title: "Age of holds at their end",
          says: "How long units were kept from others. Long ones that are given up are what a sale loses.",
          unit: "s",
          queries: halfAndMost("jaego_hold_age_seconds"),
        },
        {
          title: "Repeated requests",
          says: "Answers given again for a known Idempotency-Key: buyers (or proxies) that try again.",
          unit: "reqps",
          queries: [[seldom(rate("jaego_replayed_total", "route")), "{{route}}"]],
        },
      ],
    },
    {
      title: "Shipping",
      panels: [
        {
          title: "Shipments ended, by outcome",
          says: "Delivered, or refused and refunded.",
          unit: "ops",
          queries: [[seldom(rate("jaego_shipments_ended_total", "outcome")), "{{outcome}}"]],
        },
        {
          title: "Callbacks of the carrier",
          says: "What it reported by itself, and whether that was news.",
          unit: "ops",
          queries: [[seldom(rate("jaego_carrier_callbacks_total", "what,heard")), "{{what}}, {{heard}}"]],
        },
        {
          title: "Opened by the sweep",
          says: "Shipments of paid orders whose event did not come in time: the event stream is slow or away.",
          unit: "ops",
          queries: [[seldom(rate("jaego_shipments_swept_total")), "shipments"]],
        },
      ],
    },
  ],
}
