;; Writes the whole history of an XTDB 1 node as EDN, a line a version: what `annals import` reads. See README.md beside this file.
;; It needs XTDB itself and nothing else, submits nothing, and streams: of an entity it remembers 16 bytes, of a version nothing.

(ns annals-export
  (:require [clojure.edn :as edn]
            [clojure.java.io :as io]
            [clojure.string :as str]
            [xtdb.api :as xt]
            [xtdb.codec :as codec])
  (:import [clojure.lang BigInt Keyword Ratio Symbol]
           [java.io BufferedWriter File FileOutputStream OutputStreamWriter Writer]
           [java.net URI]
           [java.nio.charset StandardCharsets]
           [java.nio.file CopyOption Files StandardCopyOption]
           [java.time DayOfWeek Duration Instant LocalDate LocalDateTime LocalTime Month MonthDay OffsetDateTime OffsetTime
            Period Year YearMonth ZoneId ZonedDateTime]
           [java.util Base64 Calendar Date GregorianCalendar HashSet List Map Set TimeZone UUID]
           [java.util.zip GZIPOutputStream]
           [xtdb.codec Id]))

(def format-version 1)

;; `(xt/db node)` hides versions whose valid time is still to come.
(def ^:private far-future #inst "9999-12-31")
(def ^:private report-every-ms 5000)

;; ---------------------------------------------------------------- printing

;; Java's and Clojure's own printers are not trusted with it: java.time has a readable form only under a JVM flag, and some
;; types not even then; *print-length* or a namespace map in somebody's REPL would change the file.

(declare write-edn)

(def ^:private time-tags
  {Instant "instant", LocalDate "date", LocalTime "time", LocalDateTime "date-time", ZonedDateTime "zoned-date-time"
   OffsetDateTime "offset-date-time", OffsetTime "offset-time", Duration "duration", Period "period", Year "year"
   YearMonth "year-month", MonthDay "month-day", DayOfWeek "day-of-week", Month "month"})

(defn- time-tag [x]
  (or (get time-tags (class x)) (when (instance? ZoneId x) "zone")))

(defn- write-string [^Writer out ^String s]
  (.write out "\"")
  (dotimes [i (.length s)]
    (let [c (.charAt s i)]
      (case c
        \" (.write out "\\\"")
        \\ (.write out "\\\\")
        \newline (.write out "\\n")
        \return (.write out "\\r")
        \tab (.write out "\\t")
        \formfeed (.write out "\\f")
        \backspace (.write out "\\b")
        (.write out (int c)))))
  (.write out "\""))

(defn- write-tagged [^Writer out ^String tag ^String text]
  (.write out "#")
  (.write out tag)
  (.write out " ")
  (write-string out text))

(defn- write-all [^Writer out ^String open ^String close xs]
  (.write out open)
  (loop [xs (seq xs), first? true]
    (when xs
      (when-not first? (.write out " "))
      (write-edn out (first xs))
      (recur (next xs) false)))
  (.write out close))

(defn- write-map [^Writer out m]
  (.write out "{")
  (loop [kvs (seq m), first? true]
    (when kvs
      (when-not first? (.write out ", "))
      (write-edn out (key (first kvs)))
      (.write out " ")
      (write-edn out (val (first kvs)))
      (recur (next kvs) false)))
  (.write out "}"))

(defn- double-text [^double d]
  (cond (Double/isNaN d) "##NaN"
        (= d Double/POSITIVE_INFINITY) "##Inf"
        (= d Double/NEGATIVE_INFINITY) "##-Inf"
        :else (Double/toString d)))

;; The shortest text of the float: as a double it would grow digits that were never there.
(defn- float-text [^Float f]
  (if (or (.isNaN f) (.isInfinite f)) (double-text (double f)) (Float/toString f)))

;; Clojure prints no era: 2 BC would read as the year 2. By ISO 8601 the year before 0001 is 0000, and the one before that -0001.
(defn- year-before-christ [^Date d]
  (let [calendar (doto (GregorianCalendar. (TimeZone/getTimeZone "UTC")) (.setTime d))]
    (when (= GregorianCalendar/BC (.get calendar Calendar/ERA))
      (- 1 (.get calendar Calendar/YEAR)))))

(defn- inst-text [^Date d]
  ;; As Clojure prints it, also before 1582 (in the Julian calendar) and for java.sql.Timestamp, to the millisecond.
  (let [text (second (re-find #"\"(.*)\"" (pr-str (Date. (.getTime d)))))]
    (if-let [year (year-before-christ d)]
      (str (when (neg? year) "-") (format "%04d" (Math/abs (long year))) (subs text (str/index-of text "-")))
      text)))

;; (keyword "High energy") and the like have no notation in EDN.
(def ^:private usual-name #":?[A-Za-z][A-Za-z0-9._-]*(/[A-Za-z][A-Za-z0-9._-]*)?")

(defn- reads-back? [x ^String text]
  (or (and (keyword? x) (some? (re-matches usual-name text)))
      (try (= x (edn/read-string text)) (catch RuntimeException _ false))))

(defn- write-name [^Writer out x tag]
  (let [text (str x)]
    (if (reads-back? x text)
      (.write out text)
      (write-tagged out tag (if (keyword? x) (subs text 1) text)))))

(defn- char-text [^Character c]
  ;; Half a surrogate pair has no place in UTF-8.
  (if (Character/isSurrogate c) (format "\\u%04X" (int c)) (pr-str c)))

(defn- write-object
  "What has no EDN, as #java/object [class text], and an array with its items. Without the address that Java gives the text of
  many an object: it is another in every export."
  [^Writer out x]
  (let [address (str "@" (Integer/toHexString (System/identityHashCode x)))]
    (.write out "#java/object ")
    (write-all out "[" "]" [(.getName (class x)) (if (.isArray (class x)) (vec x) (str/replace (str x) address ""))])))

(defn write-edn
  "Writes a value as one piece of EDN, without a line end."
  [^Writer out x]
  (cond
    (nil? x) (.write out "nil")
    (string? x) (write-string out x)
    (instance? Keyword x) (write-name out x "annals/keyword")
    (instance? Symbol x) (write-name out x "annals/symbol")
    (instance? Boolean x) (.write out (str x))
    (or (instance? Long x) (instance? Integer x) (instance? Short x) (instance? Byte x)) (.write out (str x))
    (instance? Double x) (.write out ^String (double-text x))
    (instance? Float x) (.write out ^String (float-text x))
    (or (instance? BigInt x) (instance? BigInteger x)) (.write out (str x "N"))
    (instance? BigDecimal x) (.write out (str x "M"))
    (instance? Ratio x) (.write out (str x))
    (instance? Character x) (.write out ^String (char-text x))
    (instance? UUID x) (write-tagged out "uuid" (str x))
    (instance? Date x) (write-tagged out "inst" (inst-text x))
    (instance? URI x) (write-tagged out "uri" (str x))
    (instance? Id x) (write-tagged out "xtdb/id" (str x))
    (bytes? x) (write-tagged out "xtdb/base64" (.encodeToString (Base64/getEncoder) x))
    (time-tag x) (write-tagged out (str "time/" (time-tag x)) (str x))
    (map? x) (write-map out x)
    (vector? x) (write-all out "[" "]" x)
    (set? x) (write-all out "#{" "}" x)
    (sequential? x) (write-all out "(" ")" x)
    ;; Java's own, which are equal to Clojure's.
    (instance? Map x) (write-map out x)
    (instance? List x) (write-all out "(" ")" x)
    (instance? Set x) (write-all out "#{" "}" x)
    :else (write-object out x)))

(defn- write-line [^Writer out form]
  (write-edn out form)
  ;; Never println: its line end is the platform's.
  (.write out "\n"))

;; ---------------------------------------------------------------- finding entities

;; Through the transaction log: a query finds neither deleted entities nor those that are still to come.

(defn- mentions
  "What an operation of the log says of entities: [:write id] (the id itself, or XTDB's hash of it where the log has no
  more) and [:evict hash]. A transaction function shows as what it expanded to."
  [[op & args]]
  (case op
    (:xtdb.api/put :crux.tx/put) [[:write (:xt/id (first args))]]
    (:xtdb.api/delete :crux.tx/delete) [[:write (first args)]]
    (:xtdb.api/cas :crux.tx/cas) (for [doc args :when (:xt/id doc)] [:write (:xt/id doc)])
    (:xtdb.api/evict :crux.tx/evict) [[:evict (first args)]]
    (:xtdb.api/fn :crux.tx/fn) (mapcat mentions (mapcat ::xt/tx-ops (filter map? args)))
    nil))

(defn- hash-of [id] (str (codec/new-id id)))
(defn- hash-only? [id] (instance? Id id))

(defn- ids-by-hash
  "The entities that a transaction writes, each once, under the fullest id it names them by, in order of appearance."
  [mentioned]
  (reduce (fn [[order ids] [kind id]]
            (if (or (not= :write kind) (nil? id))
              [order ids]
              (let [h (hash-of id)]
                [(if (contains? ids h) order (conj order h))
                 (if (or (not (contains? ids h)) (hash-only? (get ids h))) (assoc ids h id) ids)])))
          [[] {}]
          mentioned))

(defn- uuid-of [^String h]
  (UUID. (Long/parseUnsignedLong (subs h 0 16) 16) (Long/parseUnsignedLong (subs h 16 32) 16)))

(defn- any-row-until?
  "Whether the entity has a row by this transaction or an earlier one. One that was evicted and put again has none yet where
  the log first names it: its rows come after the line that says it was evicted."
  [db id tx-id]
  (with-open [rows (xt/open-entity-history db id :asc {:with-corrections? true :end-tx {::xt/tx-id (inc tx-id)}})]
    (boolean (seq (iterator-seq rows)))))

(defn- turn-to-write?
  "Whether the entity is to be written at this transaction, which happens once. Half of XTDB's hash is remembered, some 80
  bytes an entity. (Asking the index for an earlier row instead needs no memory, but reads a much written entity from end
  to end for every one of its versions.)"
  [^HashSet seen db id h tx-id]
  (and (not (.contains seen (uuid-of h)))
       (any-row-until? db id tx-id)
       (.add seen (uuid-of h))))

;; ---------------------------------------------------------------- writing entities

(defn- gone? [doc]
  (or (nil? doc) (:xtdb.api/evicted? doc) (:crux.db/evicted? doc)))

(def ^:private no-content (str (codec/new-id nil)))

(defn- lost?
  "Whether a row has content that the document store no longer has: XTDB loses it where one transaction evicts and puts an
  entity (its issue 1337)."
  [{::xt/keys [content-hash doc]}]
  (and (gone? doc) (not= no-content (str content-hash))))

(defn- write-entity
  "Writes the entity's rows and adds them to the counts. Every row is kept, corrections too, as the node has it."
  [out db logged-id counts]
  (let [options {:with-corrections? true :with-docs? true}
        id (or (when-not (hash-only? logged-id) logged-id)
               (with-open [rows (xt/open-entity-history db logged-id :asc options)]
                 (some #(let [doc (::xt/doc %)] (when-not (gone? doc) (:xt/id doc))) (iterator-seq rows)))
               logged-id)]
    (with-open [rows (xt/open-entity-history db logged-id :asc options)]
      (reduce (fn [counts {::xt/keys [valid-time tx-time tx-id doc] :as row}]
                (write-line out (array-map :eid id :vt valid-time :tt tx-time :tx tx-id :doc (when-not (gone? doc) doc)))
                (cond-> (update counts :rows inc)
                  (lost? row) (update :lost inc)))
              (update counts :entities inc)
              (iterator-seq rows)))))

(defn- write-transaction [out db seen counts {::xt/keys [tx-id tx-time tx-ops]}]
  (let [mentioned (mapcat mentions tx-ops)
        [order ids] (ids-by-hash mentioned)
        evicted (distinct (for [[kind id] mentioned :when (= :evict kind)] (hash-of id)))]
    (doseq [h evicted]
      (write-line out (array-map :evicted h :tx tx-id :tt tx-time)))
    (reduce (fn [counts h]
              (if (turn-to-write? seen db (get ids h) h tx-id) (write-entity out db (get ids h) counts) counts))
            (update counts :evicted + (count evicted))
            order)))

;; ---------------------------------------------------------------- the export

(defn- open-writer ^BufferedWriter [^File file]
  (let [bytes (FileOutputStream. file)]
    (BufferedWriter.
     (OutputStreamWriter. (if (str/ends-with? (str/replace (.getName file) #"\.part$" "") ".gz") (GZIPOutputStream. bytes 65536) bytes)
                          StandardCharsets/UTF_8)
     1048576)))

(defn- say [& words]
  (binding [*out* *err*]
    (println (str/join " " words))))

(defn- reporter [last-tx-id]
  (let [began (System/currentTimeMillis)
        told (atom began)]
    (fn [tx-id {:keys [rows entities]}]
      (let [now (System/currentTimeMillis)]
        (when (< report-every-ms (- now @told))
          (reset! told now)
          (say (format "transaction %d of %d: %d rows of %d entities, %.0f rows/s"
                       tx-id last-tx-id rows entities (/ rows (/ (- now began) 1000.0)))))))))

(defn- xtdb-version []
  (let [properties (java.util.Properties.)]
    (when-let [resource (io/resource "META-INF/maven/com.xtdb/xtdb-core/pom.properties")]
      (with-open [in (io/input-stream resource)]
        (.load properties in)))
    (.getProperty properties "version" "1")))

(defn export!
  "Writes the history of `node`, as of its latest completed transaction, to `path` (gzipped when it ends in .gz), and
  returns {:rows :entities :evicted :lost :tx}. With :since, a transaction id: only the entities that later transactions wrote,
  each with its whole history, for the delta at a cutover. The file appears under its name when it is whole."
  ([node path] (export! node path {}))
  ([node path {:keys [since] :or {since -1}}]
   (let [basis (or (xt/latest-completed-tx node) (throw (ex-info "The node has no transactions." {})))
         file (File. (str path))
         part (File. (str path ".part"))
         report (reporter (::xt/tx-id basis))
         seen (HashSet.)
         counts
         (with-open [out (open-writer part)
                     db (xt/open-db node {::xt/valid-time far-future ::xt/tx basis})
                     log (xt/open-tx-log node (when-not (neg? since) since) true)]
           (write-line out (array-map :annals/format format-version
                                      :source (cond-> (array-map :store "xtdb" :version (xtdb-version))
                                                (not (neg? since)) (assoc :since since))
                                      :exported-at (Date.)))
           (let [counts (reduce (fn [counts {::xt/keys [tx-id] :as tx}]
                                  (if (< (::xt/tx-id basis) tx-id)
                                    (reduced counts)
                                    (let [counts (write-transaction out db seen counts tx)]
                                      (report tx-id counts)
                                      counts)))
                                {:rows 0 :entities 0 :evicted 0 :lost 0}
                                (iterator-seq log))]
             (write-line out (array-map :annals/end true :rows (:rows counts) :entities (:entities counts) :evicted (:evicted counts)))
             counts))]
     (when (pos? (:lost counts))
       (say (:lost counts) "versions have no document any more: they are written as deletes. (XTDB issue 1337: evicted and put in one transaction.)"))
     (Files/move (.toPath part) (.toPath file) (into-array CopyOption [StandardCopyOption/REPLACE_EXISTING]))
     (assoc counts :tx (::xt/tx-id basis)))))

(defn -main
  "--config NODE.edn --output FILE [--since TX]: starts a node with that configuration, waits until it has read its log, exports."
  [& args]
  (let [{:strs [--config --output --since]} (apply hash-map args)]
    (when-not (and --config --output)
      (say "usage: clojure.main annals_export.clj --config NODE.edn --output HISTORY.edn.gz [--since TX]")
      (System/exit 2))
    (with-open [node (xt/start-node (edn/read-string (slurp --config)))]
      (xt/sync node)
      (let [{:keys [rows entities evicted tx]} (export! node --output (if --since {:since (Long/parseLong --since)} {}))]
        (say (format "%d rows of %d entities and %d evictions, up to transaction %d. For the delta later: --since %d"
                     rows entities evicted tx tx))))
    (shutdown-agents)))

;; As a script; loaded in a REPL it only defines.
(when (= "--config" (first *command-line-args*))
  (apply -main *command-line-args*))
