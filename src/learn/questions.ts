/** Twelve questions about shops that sell what runs out; a model answer each, and the command that proves it. */

export interface Words {
  readonly en: string
  readonly ko: string
}

export interface Question {
  readonly asked: Words
  readonly answer: Words
  /** In the clone. */
  readonly proof: string
}

export const QUESTIONS: ReadonlyArray<Question> = [
  {
    asked: {
      en: "Two buyers read that one unit is left. What happens next, and why do tests not see it?",
      ko: "구매자 둘이 모두 재고 1을 읽었습니다. 그다음 무슨 일이 생기고, 테스트에서는 왜 안 보일까요?",
    },
    answer: {
      en: "Both pass the check and both write 0: two sales of one unit, and a stock that looks right (check-then-act, a lost update). What counts is the time between reading and writing; in a test it is next to nothing, and no other buyer is there. A transaction alone does not help: READ COMMITTED lets both read the same row.",
      ko: "둘 다 확인을 통과하고 둘 다 0을 씁니다. 하나를 두 번 팔았는데 재고는 멀쩡해 보입니다(확인 후 실행, 갱신 손실). 문제는 읽기와 쓰기 사이의 시간인데, 테스트에서는 그 시간이 거의 없고 다른 사람도 없습니다. 트랜잭션만으로는 안 됩니다. READ COMMITTED에서는 둘이 같은 행을 읽습니다.",
    },
    proof: "npx jaego learn race",
  },
  {
    asked: {
      en: "Optimistic or pessimistic locking: which for a hot product, which for an editor's form?",
      ko: "낙관적 락과 비관적 락: 인기 상품에는 무엇을, 편집 화면에는 무엇을 쓸까요?",
    },
    answer: {
      en: "Optimistic for the form: conflicts are rare, a version costs nothing until one happens, and no lock is held while a person thinks. On a hot product of all that try at once one succeeds and the others begin again, so lock before reading, in one order everywhere because of deadlocks. Better: one guarded UPDATE, if the rule fits into a WHERE.",
      ko: "편집 화면에는 낙관적 락입니다. 충돌이 드물고, 부딪히기 전까지 버전은 공짜이며, 사람이 생각하는 동안 아무것도 잠그지 않습니다. 인기 상품에서는 동시에 시도한 사람 중 하나만 성공하고 나머지는 처음부터 다시 합니다. 그러니 읽기 전에 잠그되, 교착을 피하려면 어디서나 같은 순서여야 합니다. 규칙을 WHERE에 쓸 수 있다면 조건부 UPDATE 하나가 더 낫습니다.",
    },
    proof: "npx jaego learn locks",
  },
  {
    asked: {
      en: "Several servers sell the same product. Is a lock in Redis the answer?",
      ko: "서버 여러 대가 같은 상품을 팝니다. Redis 분산 락이 답일까요?",
    },
    answer: {
      en: "No. Its lock must end by itself, or a dead holder locks for ever; so a holder that is paused for longer goes on without it and writes over what its successor did. What is written to has to refuse who comes late (a version, a fencing token), and a database that can refuse needs no lock beside it: UPDATE ... WHERE units > 0. Use such locks where doing it twice is only a waste.",
      ko: "아닙니다. 락은 스스로 풀려야 합니다. 안 그러면 죽은 프로세스가 영원히 잠급니다. 그래서 그보다 오래 멈춘 프로세스는 락 없이 깨어나 후임이 쓴 것을 덮어씁니다. 쓰이는 쪽이 늦게 온 것을 거절해야 하고(버전, 펜싱 토큰), 거절할 수 있는 데이터베이스라면 락이 따로 필요 없습니다. UPDATE ... WHERE units > 0이면 됩니다. 분산 락은 두 번 해도 낭비일 뿐인 일에 씁니다.",
    },
    proof: "npm test -- test/adapters/redis/guards.test.ts",
  },
  {
    asked: {
      en: "A payment request timed out and the client sends it again. How is the buyer charged once?",
      ko: "결제 요청이 시간 초과되어 클라이언트가 다시 보냅니다. 어떻게 한 번만 결제되게 할까요?",
    },
    answer: {
      en: "The client gives the request a key and keeps it for every repetition. Key and effect are written in one transaction under a unique constraint; the second finds the key and gets the first one's answer. Another request under the same key is refused (compare a fingerprint). Looking the key up first and binding it later is the same race again. To the next system pass a key on that is derived from yours.",
      ko: "클라이언트가 요청에 키를 붙이고 다시 보낼 때마다 같은 키를 씁니다. 키와 효과는 유일 제약 아래 한 트랜잭션에서 쓰고, 두 번째 요청은 그 키를 찾아 첫 번째의 답을 받습니다. 같은 키에 다른 요청이 오면 거절합니다(지문 비교). 먼저 찾아보고 나중에 묶으면 같은 경쟁 상태입니다. 다음 시스템에는 그 키에서 만든 키를 넘깁니다.",
    },
    proof: "npm test -- test/inventory/idempotency.test.ts",
  },
  {
    asked: {
      en: "A popular page's cache entry ends, and a thousand requests miss at once. What now? And may a cache decide a sale?",
      ko: "인기 페이지의 캐시가 만료되는 순간 요청 천 개가 한꺼번에 빗나갑니다. 어떻게 할까요? 캐시를 보고 판매를 결정해도 될까요?",
    },
    answer: {
      en: "A stampede. Let one fetch and the others wait for it (single flight), renew before the end (refresh ahead), spread ends by chance, and show the old rather than nothing. Cache-aside: read through, and drop the entry after the commit; between the two lies a moment in which a reader puts the old value back, hence a short life or a tombstone. A cache never decides: what is shown may be old, what is sold may not.",
      ko: "캐시 스탬피드입니다. 하나만 가져오고 나머지는 기다리게 하고(single flight), 만료 전에 미리 갱신하고(refresh ahead), 만료 시각을 흩뜨리고, 없는 것보다는 옛것을 보여 줍니다. cache-aside에서는 커밋 뒤에 항목을 지우는데, 그 사이에 읽던 쪽이 옛값을 도로 넣을 수 있어 짧은 수명이나 묘비가 필요합니다. 캐시로는 결정하지 않습니다. 보여 주는 것은 낡아도 되지만 파는 것은 안 됩니다.",
    },
    proof: "npm test -- test/app/reads/read-through.test.ts",
  },
  {
    asked: {
      en: "The order is in the database; the event has to go to Kafka. In which order do you write, and what if the power goes out between?",
      ko: "주문은 데이터베이스에, 이벤트는 Kafka에 써야 합니다. 어느 쪽을 먼저 쓰고, 그 사이에 정전이 되면 어떻게 될까요?",
    },
    answer: {
      en: "In neither: either order loses an event or publishes what never happened. Write the event into an outbox table in the same transaction as the order; a relay brings it out, waits for the broker's acknowledgement and then moves its cursor. While Kafka is away the outbox grows and sales go on.",
      ko: "어느 쪽도 아닙니다. 순서가 어떻든 이벤트를 잃거나, 없던 일을 알리게 됩니다. 주문과 같은 트랜잭션에서 outbox 테이블에 이벤트를 쓰고, 릴레이가 그것을 내보낸 뒤 브로커의 확인을 받고 나서 커서를 옮깁니다. Kafka가 죽어 있는 동안 outbox는 쌓이고 판매는 계속됩니다.",
    },
    proof: "npx jaego learn lost-events",
  },
  {
    asked: {
      en: "Why is an event delivered at least once, and how does a consumer send one parcel all the same?",
      ko: "이벤트는 왜 최소 한 번(at least once) 전달될까요? 그래도 소포는 어떻게 하나만 보낼까요?",
    },
    answer: {
      en: "An acknowledgement that did not arrive looks the same whether the message or the acknowledgement was lost: perhaps never or perhaps twice, there is no third. So the consumer writes effect, event id (inbox) and position in one transaction, and an id it knows has no further effect. Where the effect lies outside, it asks with the same key each time. Versions catch what comes late.",
      ko: "확인이 오지 않으면 메시지를 잃었는지 확인을 잃었는지 알 수 없습니다. 안 가거나 두 번 가거나 둘 중 하나이고, 세 번째는 없습니다. 그래서 소비자는 효과와 이벤트 id(inbox)와 위치를 한 트랜잭션에서 쓰고, 아는 id에는 아무것도 더 하지 않습니다. 효과가 바깥에 있으면 매번 같은 키로 요청합니다. 늦게 온 것은 버전이 걸러 냅니다.",
    },
    proof: "npx jaego learn exactly-once",
  },
  {
    asked: {
      en: "The carrier answers after 30 s, or not at all. What keeps it from taking your shop along?",
      ko: "택배사 API가 30초 뒤에 답하거나 아예 답하지 않습니다. 쇼핑몰까지 함께 멈추지 않게 하려면?",
    },
    answer: {
      en: "A time limit on each call; a bulkhead, so that its calls take only their own places; a circuit breaker that opens when too many recent calls failed, fails at once while it is open and lets a few through to try (half open); and a retry budget, because retries are load exactly when there is too much. And nothing waits for it while holding a lock.",
      ko: "호출마다 시간 제한을 두고, 벌크헤드로 자기 자리만 쓰게 하고, 최근 실패가 많으면 열리는 서킷 브레이커로 열려 있는 동안은 바로 실패시키고 몇 개만 통과시켜 봅니다(half-open). 재시도에는 예산을 둡니다. 재시도는 가장 바쁠 때 오는 부하입니다. 그리고 락을 쥔 채로는 절대 기다리지 않습니다.",
    },
    proof: "npm test -- test/app/resilience/circuit-breaker.test.ts",
  },
  {
    asked: {
      en: "Page 50,000 of the orders is slow with OFFSET. Why, and what instead?",
      ko: "주문 목록 50,000쪽이 OFFSET에서 느립니다. 왜이고, 무엇으로 바꿀까요?",
    },
    answer: {
      en: "OFFSET reads and throws away all rows before the page, and rows that come in meanwhile are shown twice or never. A cursor says where the last page ended: WHERE (created, id) < (?, ?) ORDER BY both, on an index with the equality columns first and then these; each page costs the same. The price: no jumping to page 50,000, which no person wants.",
      ko: "OFFSET은 그 앞의 행을 모두 읽어서 버리고, 그사이 들어온 행은 두 번 보이거나 빠집니다. 커서는 지난 쪽이 끝난 자리를 말합니다. WHERE (created, id) < (?, ?) ORDER BY 둘 다, 인덱스는 등호 조건 열을 앞에 두고 그 뒤에 이 열들을 둡니다. 어느 쪽이든 비용이 같습니다. 대가는 50,000쪽으로 바로 뛸 수 없다는 것인데, 그럴 사람은 없습니다.",
    },
    proof: "npm test -- test/adapters/postgres/plans.test.ts",
  },
  {
    asked: {
      en: "A list of 100 orders sends 101 queries. What is that called, and what do you do?",
      ko: "주문 100건의 목록이 쿼리를 101번 보냅니다. 이것을 무엇이라 하고, 어떻게 고칠까요?",
    },
    answer: {
      en: "N+1: one for the list, and one for each row's lines. Each is fast; the round trips are not, and they grow with the list. Ask for all lines at once (a join, WHERE order_id = ANY (...), or an aggregate in the same statement), and let a test count statements, because an ORM hides them. Do not join two lists at once: their rows multiply.",
      ko: "N+1 문제입니다. 목록에 하나, 행마다 하나씩 나갑니다. 하나하나는 빨라도 왕복은 그렇지 않고, 목록과 함께 늘어납니다. 줄들을 한 번에 가져오고(조인, WHERE order_id = ANY (...), 같은 문장의 집계), ORM은 이것을 숨기니 테스트에서 문장 수를 세세요. 목록 둘을 한꺼번에 조인하면 행이 곱해지니 조심해야 합니다.",
    },
    proof: "npx jaego learn nplus1",
  },
  {
    asked: {
      en: "You have to shard orders and stock. By which key, and what breaks?",
      ko: "주문과 재고를 샤딩해야 합니다. 어떤 키로 나누고, 무엇이 깨질까요?",
    },
    answer: {
      en: "By what is decided together: stock by product, so that a unit is sold in one place. High cardinality, evenly hit, never changed, known from the id itself (here the lane lies in the id). Orders over several shards are no longer one transaction: hold tentatively, then confirm or release. One hot product stays one shard, whatever the key: group commits, do not split it. And lists by customer need an index of their own.",
      ko: "함께 결정되는 것으로 나눕니다. 재고는 상품으로 나눠야 한 개가 한 곳에서 팔립니다. 값의 종류가 많고, 고르게 쓰이고, 바뀌지 않고, id만 보고 알 수 있어야 합니다(여기서는 레인이 id 안에 있습니다). 여러 샤드에 걸친 주문은 이제 한 트랜잭션이 아니니, 임시로 잡아 두고 확정하거나 놓습니다. 인기 상품 하나는 무슨 키를 써도 샤드 하나입니다. 쪼개지 말고 커밋을 묶으세요. 고객별 목록에는 따로 색인이 필요합니다.",
    },
    proof: "npm test -- test/domain/lane.test.ts",
  },
  {
    asked: {
      en: "The average answer takes 20 ms and customers complain. What do you look at?",
      ko: "평균 응답은 20 ms인데 고객이 불평합니다. 무엇을 봐야 할까요?",
    },
    answer: {
      en: "At p99 and p99.9, never at the average: who loads a page of 50 requests meets the p99 in two pages of five. RED for each route: rate, errors, duration, as histograms (quantiles of several machines cannot be averaged). And measured from when a request was due: a load generator that waits for answers does not ask while the service stands still, and leaves out exactly the bad time (coordinated omission).",
      ko: "평균이 아니라 p99와 p99.9를 봅니다. 요청 50개로 된 화면이면 다섯 번 중 두 번은 p99를 만납니다. 경로마다 RED, 곧 비율(rate), 오류(errors), 시간(duration)을 히스토그램으로 봅니다(여러 대의 백분위수는 평균 낼 수 없습니다). 그리고 요청이 나갔어야 할 시각부터 재야 합니다. 답을 기다렸다 보내는 부하 생성기는 서비스가 멈춘 동안 묻지 않아서 가장 나쁜 시간을 빼먹습니다(coordinated omission).",
    },
    proof: "npx jaego lab --quick",
  },
]
