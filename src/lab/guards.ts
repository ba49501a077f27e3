/** The contenders: what each does, and what it promises. */
import type { Contender } from "./service.ts"

export interface Words {
  readonly en: string
  readonly ko: string
}

export interface About {
  /** Promises never to sell a unit twice while nothing is killed or paused. */
  readonly isSafe: boolean
  readonly what: Words
}

const about = (isSafe: boolean, en: string, ko: string): About => ({ isSafe, what: { en, ko } })

export const ABOUT: Readonly<Record<Contender, About>> = {
  actors: about(
    true,
    "one owner in memory per product, many orders a commit",
    "상품마다 소유자 하나가 메모리에서 결정하고, 여러 주문을 한 번에 커밋한다",
  ),
  atomic: about(true, "one UPDATE with the condition in its WHERE", "조건을 WHERE에 넣은 UPDATE 한 문장"),
  optimistic: about(
    true,
    "read, decide, write if the version is unchanged",
    "읽고 판단한 뒤 버전이 그대로일 때만 쓴다",
  ),
  pessimistic: about(true, "SELECT ... FOR UPDATE in the order of ids", "id 순서대로 SELECT ... FOR UPDATE"),
  "pessimistic-unordered": about(
    true,
    "SELECT ... FOR UPDATE in the buyer's order",
    "구매자가 적은 순서 그대로 SELECT ... FOR UPDATE",
  ),
  advisory: about(true, "an advisory lock a product", "상품마다 advisory lock 하나"),
  serializable: about(true, "no lock, isolation SERIALIZABLE", "잠금 없이 SERIALIZABLE 격리 수준"),
  "skip-locked": about(
    true,
    "a row per unit, FOR UPDATE SKIP LOCKED",
    "재고 한 개마다 행 하나, FOR UPDATE SKIP LOCKED",
  ),
  "redis-lock": about(true, "a lock with a lifetime in Redis", "수명이 있는 Redis 분산 락"),
  "redis-lua": about(true, "a counter in Redis, the database behind it", "Redis 카운터, 데이터베이스는 그 뒤에"),
  naive: about(false, "read, check, write: no guard at all", "읽고, 확인하고, 쓴다. 보호 장치 없음"),
}

export const CONTENDERS = Object.keys(ABOUT) as ReadonlyArray<Contender>
