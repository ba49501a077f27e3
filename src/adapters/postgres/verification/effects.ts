/** What must hold of what consumers have written: facts have come back, each once. Each query selects the rows that break it. */
import type { Check } from "./check.ts"

/** What an order's timeline has of its versions. */
const ENTERED = `select order_id, count(*) as entries, count(distinct version) as versions, min(version) as first, max(version) as last
  from timeline where version is not null group by order_id`

/** How many of them cannot have been handled, or were given up. */
const LETTERS = "select key, count(*) as letters from dead_letters where consumer = 'timeline' group by key"

export const EFFECT_CHECKS: ReadonlyArray<Check> = [
  {
    law: "I7",
    name: "a timeline has each version of its order once, and none that did not come about",
    query: `select h.order_id, h.entries, h.versions, h.last, o.version from (${ENTERED}) h left join orders o on o.id = h.order_id
      where o.id is null or h.entries <> h.versions or h.last > o.version order by 1`,
  },
  {
    law: "I7",
    name: "a timeline has no gap but for letters",
    query: `select h.order_id, h.versions, h.first, h.last, coalesce(l.letters, 0) as letters
      from (${ENTERED}) h left join (${LETTERS}) l on l.key = h.order_id::text
      where h.last - h.first + 1 - h.versions > coalesce(l.letters, 0) order by 1`,
  },
  {
    law: "I7",
    name: "what a consumer knows to have handled had its effect",
    query: `select k.key as order_id, k.version, h.last from consumer_keys k left join (${ENTERED}) h on h.order_id::text = k.key
      where k.consumer = 'timeline' and k.version is distinct from h.last order by 1`,
  },
]
