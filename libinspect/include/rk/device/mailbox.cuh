#pragma once

#include <cstdint>
#include <cstring>

#include <rk/abi/compiler.hpp>
#include <rk/abi/mailbox.hpp>
#include <rk/device/actor.cuh>
#include <rk/device/mail_end.cuh>
#include <rk/device/region_copy.cuh>
#include <rk/device/tagged_word.cuh>
#include <rk/device/wait.cuh>

/// Messages between neighbours.
///
/// Each pair of neighbours has a bounded ring in each direction, so nobody shares a word with a
/// third, and what one sender sends arrives in order, once. A full ring says so; nothing is
/// overwritten or dropped.
namespace rk {
inline namespace RK_BACKEND_NAMESPACE {

/// An actor's mailbox: ways to and from each of its neighbours, which go by their place in the
/// topology's list (in a ring 0 is the actor before, 1 the one behind).
/// ```
/// rk::mailbox<token> box(self, set);         // session.create_mailbox<token>("ring", topology)
/// token t{};
/// if (box.recv(0, t, 1'000'000) == rk::status::ok) box.send(1, t, 1'000'000);
/// ```
/// Messages of up to 64 bytes are handed over by value: `send`, `recv` and `exchange`, `message`
/// being the same in all threads of the block. Larger ones are written and read where they lie:
/// `begin_send`, `end_send`, `begin_recv`, `end_recv`, each also for all neighbours at once.
///
/// All functions are called by all threads of a block, at the same place. Waits have the kernel's
/// deadline at most, leave a record, obey aborts, and where actors are independent they end with
/// `interrupted` if a host wants them at a safe point: go there and try again. Statuses besides:
/// `full` or `empty` (no wait was asked for), `timed_out` (the limit passed; no failure), `gone`
/// (the neighbour has left; to a reader, once all that it sent is taken; to a sender, once there is
/// no room), `nobody` (no such neighbour).
///
/// Make the object behind `rk::start`. When it goes out of scope neighbours learn that this actor
/// has left, unless the kernel was preempted. If symbols were replaced (rk::state_replaced), call
/// `reload`.
///
/// `MaxNeighbors` is how many an actor has at most; with more, or as a fifth mailbox that the actor
/// has at once, every function returns `nobody`.
template <class T, unsigned MaxNeighbors = 6>
class mailbox {
  static constexpr std::uint32_t words_ = (sizeof(T) + 7) / 8;
  static constexpr bool is_small_ = abi::is_small(sizeof(T));
  static constexpr std::uint32_t nobody_ = ~0u;

 public:
  RK_DEVICE mailbox(actor& self, const mailbox_set<T>& set) : self_(&self), set_(&set) {
    place_ = detail::take_place(self.mailboxes, detail::max_mailboxes);
    if (self.index >= set.actor_count || place_ == detail::max_mailboxes) return;
    first_ = set.first[self.index];
    const std::uint32_t neighbors = set.first[self.index + 1] - first_;
    is_served_ = neighbors <= MaxNeighbors;
    if (is_served_) count_ = neighbors;
    reload();
  }
  RK_DEVICE ~mailbox() {
    if (block_sync_or(self_->leader && detail::leaves_in_order(*self_))) leave();
    detail::give_place_back(self_->mailboxes, place_);
  }
  mailbox(const mailbox&) = delete;
  mailbox& operator=(const mailbox&) = delete;

  [[nodiscard]] RK_DEVICE std::uint32_t neighbor_count() const { return count_; }
  /// Number of a neighbour in the kernel; `i` is less than neighbor_count().
  [[nodiscard]] RK_DEVICE std::uint32_t neighbor(std::uint32_t i) const {
    return set_->neighbors[first_ + i];
  }

  /// Messages that this actor has sent to a neighbour, before a restore or a preemption too; `i` is
  /// less than neighbor_count(). Behind a block barrier that came after the last send.
  [[nodiscard]] RK_DEVICE std::uint64_t sent(std::uint32_t i) const {
    return to_ == i ? sender_.sent : progress(i).out.sent;
  }

  /// Sends, if there is room; waits for it at most `limit_ns`. With release order (the default)
  /// what the block wrote before is visible to the neighbour that took the message; relaxed orders
  /// nothing but the message.
  template <order O = order::release>
  RK_DEVICE status send(std::uint32_t i, const T& message, std::uint64_t limit_ns = 0,
                        int line = __builtin_LINE()) {
    static_assert(is_small_, "rk: larger than 64 bytes: begin_send and end_send");
    static_assert(O == order::release || O == order::relaxed);
    if (i >= count_) return refuse(i);
    turn_to_reader(i);
    if (sender_.sent >= room_until_) [[unlikely]] {
      const status room = find_room(limit_ns, line);
      if (room != status::ok) return room;
    } else if (O == order::release) {
      block_sync();
    }
    std::byte* slot = slot_of(out_ring_, sender_.sent);
    for_own_words([&](std::uint64_t w) { store_word<O>(slot, sender_.sent, w, message); });
    ++sender_.sent;
    if (self_->leader) detail::note_sent(set(), *out_, sender_);
    detail::keep_if_everything(*self_, abi::event_kind::sent, i, sender_.sent);
    return status::ok;
  }

  /// Takes the next message of a neighbour, if there is one; waits for it at most `limit_ns`.
  /// Acquires what the sender released, unless `O` is relaxed.
  template <order O = order::acquire>
  [[nodiscard]] RK_DEVICE status recv(std::uint32_t i, T& message, std::uint64_t limit_ns = 0,
                                      int line = __builtin_LINE()) {
    static_assert(is_small_, "rk: larger than 64 bytes: begin_recv and end_recv");
    static_assert(O == order::acquire || O == order::relaxed);
    if (i >= count_) return status::nobody;
    turn_to_sender(i);
    // Two of them: who reads the one is not disturbed by who fills the other for the next message.
    __shared__ abi::tagged_word turns[2][words_];
    abi::tagged_word* words = turns[self_->mail_turn++ % 2];
    take_words<O>(words, quick_polls_for(limit_ns));
    block_sync();
    // By its tags: quicker than a barrier that carries a bit.
    if (!are_next(words)) [[unlikely]] {
      status result = status::ok;
      if (self_->leader) result = detail::wait_for_message(waiting(limit_ns, line), i, taken_);
      result = share(result, limit_ns).result;
      if (result != status::ok) return result;
      take_words<O>(words, 1);
      block_sync();
    }
    copy_from(words, message);
    ++taken_;
    if (self_->leader) detail::note_taken(set(), *in_, taken_);
    detail::keep_if_everything(*self_, abi::event_kind::received, i, taken_);
    return status::ok;
  }

  /// Takes a message of any neighbour, in turns; `from` is the place of the one who sent it. `gone`
  /// once all have left.
  [[nodiscard]] RK_DEVICE status recv_any(T& message, std::uint32_t& from,
                                          std::uint64_t limit_ns = 0, int line = __builtin_LINE()) {
    if (count_ == 0) return status::nobody;
    settle();
    status result = status::ok;
    std::uint32_t found = next_turn_++ % count_;
    if (self_->leader) {
      constexpr std::uint32_t stride = sizeof(progress(0)) / sizeof(std::uint64_t);
      result = detail::wait_for_any(waiting(limit_ns, line), &progress(0).taken, stride, found);
    }
    const answer said = share(result, limit_ns, found);
    if (said.result != status::ok) return said.result;
    from = static_cast<std::uint32_t>(said.number);
    return recv<order::acquire>(from, message, 0, line);
  }

  /// Sends `out[i]` to each neighbour i and takes one message of each into `in[i]`, all at once.
  /// If it ends with anything but ok nothing was taken; the next call, after a preemption or a
  /// restore too, goes on where this one stopped, and does not send again.
  [[nodiscard]] RK_DEVICE status exchange(const T* out, T* in, std::uint64_t limit_ns,
                                          int line = __builtin_LINE()) {
    static_assert(is_small_, "rk: larger than 64 bytes: begin_send_all and so on");
    if (!is_served_) return status::nobody;
    __shared__ std::uint64_t words[MaxNeighbors * words_];
    settle();
    const detail::crew c = detail::block_crew();
    const std::uint64_t units = std::uint64_t{count_} * words_;
    const bool goes_on = has_sent_;
    if (!has_sent_) {
      const status room = await_room(0, count_, limit_ns, line);
      if (room != status::ok) return room;
      for (std::uint64_t u = c.place; u < units; u += c.size) {
        const auto n = static_cast<std::uint32_t>(u / words_);
        const std::uint64_t position = progress(n).out.sent;
        store_word<order::release>(detail::mail_slot(set(), first_ + n, position), position,
                                   u % words_, out[n]);
      }
      has_sent_ = true;
      block_sync();
      for_own(0, count_, [&](std::uint32_t n) { count_sent(n); });
      note_all(abi::event_kind::sent, 0, count_);
    }
    if (block_sync_or(!take_unit_words(words, quick_polls_for(limit_ns)))) {
      const status result = await_each(0, count_, limit_ns, line);
      if (result != status::ok) {
        note_open_exchange(true);
        return result;
      }
      (void)take_unit_words(words, 1);
      block_sync();
    }
    has_sent_ = false;
    if (goes_on) note_open_exchange(false);
    for_own(0, count_, [&](std::uint32_t n) { count_taken(n); });
    note_all(abi::event_kind::received, 0, count_);
    for (std::uint32_t n = 0; n < count_; ++n) std::memcpy(&in[n], words + n * words_, sizeof(T));
    block_sync();
    return status::ok;
  }

  /// Room for a message that is written where it will lie; null with `full` and the like in `how`.
  [[nodiscard]] RK_DEVICE T* begin_send(std::uint32_t i, status& how, std::uint64_t limit_ns = 0,
                                        int line = __builtin_LINE()) {
    static_assert(!is_small_, "rk: a message of up to 64 bytes is sent by value");
    how = i < count_ ? await_room(i, i + 1, limit_ns, line) : refuse(i);
    return how == status::ok ? &outgoing(i) : nullptr;
  }
  /// Hands over what begin_send gave room for, once all threads of the block have written it.
  RK_DEVICE void end_send(std::uint32_t i) { hand_over(i, i + 1); }

  /// The next message of a neighbour, where it lies, until end_recv; null with `empty` and the
  /// like.
  [[nodiscard]] RK_DEVICE const T* begin_recv(std::uint32_t i, status& how,
                                              std::uint64_t limit_ns = 0,
                                              int line = __builtin_LINE()) {
    static_assert(!is_small_, "rk: a message of up to 64 bytes is taken by value");
    how = i < count_ ? await_messages(i, i + 1, limit_ns, line) : status::nobody;
    return how == status::ok ? &incoming(i) : nullptr;
  }
  /// Gives the room back, once all threads of the block have done with the message.
  RK_DEVICE void end_recv(std::uint32_t i) { give_back(i, i + 1); }

  /// The same for all neighbours at once, each waited for: `outgoing(i)` is to be written between
  /// begin_send_all and end_send_all, `incoming(i)` to be read between begin_recv_all and
  /// end_recv_all, by any thread of the block.
  [[nodiscard]] RK_DEVICE status begin_send_all(std::uint64_t limit_ns,
                                                int line = __builtin_LINE()) {
    if (!is_served_) return status::nobody;
    block_sync();
    return await_room(0, count_, limit_ns, line);
  }
  [[nodiscard]] RK_DEVICE T& outgoing(std::uint32_t i) const {
    static_assert(!is_small_);
    return *reinterpret_cast<T*>(detail::mail_slot(set(), first_ + i, progress(i).out.sent) +
                                 abi::flag_bytes);
  }
  RK_DEVICE void end_send_all() {
    hand_over(0, count_);
    block_sync();
  }
  [[nodiscard]] RK_DEVICE status begin_recv_all(std::uint64_t limit_ns,
                                                int line = __builtin_LINE()) {
    if (!is_served_) return status::nobody;
    block_sync();
    return await_messages(0, count_, limit_ns, line);
  }
  [[nodiscard]] RK_DEVICE const T& incoming(std::uint32_t i) const {
    static_assert(!is_small_);
    return *reinterpret_cast<const T*>(
        detail::mail_slot(set(), set_->incoming[first_ + i], progress(i).taken) + abi::flag_bytes);
  }
  RK_DEVICE void end_recv_all() {
    give_back(0, count_);
    block_sync();
  }

  /// Neighbours learn that this actor neither sends nor takes any more.
  RK_DEVICE void leave() {
    settle();
    for_own(0, count_, [&](std::uint32_t n) {
      detail::take_in(set_->channels[first_ + n], progress(n).out);
      detail::publish<order::release>(set_->channels[first_ + n].sender_left, std::uint64_t{1});
      detail::publish<order::release>(set_->channels[set_->incoming[first_ + n]].reader_left,
                                      std::uint64_t{1});
    });
    count_ = 0;
    is_served_ = false;
  }
  /// Goes on from where the channels are.
  RK_DEVICE void reload() {
    to_ = from_ = nobody_;
    block_sync();
    if (count_ != 0) {
      has_sent_ =
          atomic_load<order::relaxed, scope::device>(set_->channels[first_].exchange_is_open) != 0;
    }
    for_own(0, count_, [&](std::uint32_t n) {
      const abi::mail_channel& out = set_->channels[first_ + n];
      const abi::mail_channel& in = set_->channels[set_->incoming[first_ + n]];
      detail::mail_sender sender{};
      sender.sent = atomic_load<order::relaxed, scope::device>(out.sent);
      sender.known = atomic_load<order::relaxed, scope::device>(out.credit);
      sender.high_water = atomic_load<order::relaxed, scope::device>(out.high_water);
      detail::look_at_reader(set(), out, sender);
      progress(n) = {sender, atomic_load<order::relaxed, scope::device>(in.taken)};
    });
    block_sync();
  }

 private:
  /// How far an actor is with a neighbour, in the block's own memory. Of the neighbours that were
  /// sent to and heard from last, by value, all threads have it in registers instead.
  struct mail_progress {
    detail::mail_sender out;
    std::uint64_t taken;
  };
  [[nodiscard]] RK_DEVICE mail_progress& progress(std::uint32_t i) const {
    __shared__ mail_progress of_all[detail::max_mailboxes][MaxNeighbors];
    return of_all[place_][i];
  }
  /// What the leader tells the block at the end of a wait.
  struct answer {
    std::uint64_t number;
    status result;
  };

  /// The handle, with what is known when this is compiled.
  [[nodiscard]] RK_DEVICE abi::mailbox_handle set() const {
    abi::mailbox_handle h = *set_;
    h.message_bytes = static_cast<std::uint32_t>(sizeof(T));
    h.slot_bytes = static_cast<std::uint32_t>(abi::slot_bytes_of(sizeof(T)));
    return h;
  }
  [[nodiscard]] RK_DEVICE detail::mail_wait waiting(std::uint64_t limit_ns, int line) const {
    return {self_->index, set(), limit_ns, line, first_, count_};
  }
  [[nodiscard]] RK_DEVICE static unsigned quick_polls_for(std::uint64_t limit_ns) {
    return limit_ns == 0 ? 1 : quick_polls + 1;
  }
  /// Calls `visit` with the neighbours from `first` to `last` that are the calling thread's.
  template <class Visit>
  RK_DEVICE static void for_own(std::uint32_t first, std::uint32_t last, Visit visit) {
    const index3 e = block_extent();
    const std::uint32_t threads = e.x * e.y * e.z;
    RK_NO_UNROLL
    for (std::uint32_t n = first + linear_thread_index(); n < last; n += threads) visit(n);
  }

  /// Puts what is in registers where it belongs. A block barrier.
  RK_DEVICE void settle() {
    block_sync();
    if (to_ == nobody_ && from_ == nobody_) return;
    if (self_->leader && to_ != nobody_) progress(to_).out = sender_;
    if (self_->leader && from_ != nobody_) progress(from_).taken = taken_;
    to_ = from_ = nobody_;
    block_sync();
  }
  RK_DEVICE void turn_to_reader(std::uint32_t i) {
    if (to_ == i) [[likely]]
      return;
    block_sync();
    if (self_->leader && to_ != nobody_) progress(to_).out = sender_;
    block_sync();
    to_ = i;
    out_ = set_->channels + first_ + i;
    out_ring_ = detail::mail_slot(set(), first_ + i, 0);
    sender_ = progress(i).out;
    room_until_ = sender_.known + set_->depth;
  }
  RK_DEVICE void turn_to_sender(std::uint32_t i) {
    if (from_ == i) [[likely]]
      return;
    block_sync();
    if (self_->leader && from_ != nobody_) progress(from_).taken = taken_;
    block_sync();
    from_ = i;
    const std::uint32_t channel = set_->incoming[first_ + i];
    in_ = set_->channels + channel;
    in_ring_ = detail::mail_slot(set(), channel, 0);
    taken_ = progress(i).taken;
  }

  /// Slot of a small message.
  [[nodiscard]] RK_DEVICE std::byte* slot_of(std::byte* ring, std::uint64_t position) const {
    const std::uint32_t slot = static_cast<std::uint32_t>(position) & (set_->depth - 1);
    return ring + std::uint64_t{slot} * (words_ * sizeof(abi::tagged_word));
  }
  /// Calls `visit` with the words of a message that are the calling thread's.
  template <class Visit>
  RK_DEVICE void for_own_words(Visit visit) const {
    if constexpr (words_ == 1) {
      if (self_->leader) visit(0);
    } else {
      const detail::crew c = detail::block_crew();
      RK_NO_UNROLL
      for (std::uint64_t w = c.place; w < words_; w += c.size) visit(w);
    }
  }

  template <order O>
  RK_DEVICE static void store_word(std::byte* slot, std::uint64_t position, std::uint64_t w,
                                   const T& message) {
    const std::uint64_t left = sizeof(T) - w * 8;
    std::uint64_t word = 0;
    std::memcpy(&word, reinterpret_cast<const std::byte*>(&message) + w * 8, left < 8 ? left : 8);
    auto* words = reinterpret_cast<abi::tagged_word*>(slot);
    detail::store_tagged<O, scope::device>(words[w], position + 1, word);
  }
  /// A word of the message at this position; without its tag if it is not there after so many
  /// polls.
  template <order O>
  [[nodiscard]] RK_DEVICE static abi::tagged_word take_word(const std::byte* slot,
                                                            std::uint64_t position, std::uint64_t w,
                                                            unsigned polls) {
    const auto* words = reinterpret_cast<const abi::tagged_word*>(slot);
    abi::tagged_word seen = detail::load_tagged<O, scope::device>(words[w]);
    RK_NO_UNROLL
    for (unsigned p = 1; p < polls && seen.tag != position + 1; ++p) {
      seen = detail::load_tagged<O, scope::device>(words[w]);
    }
    return seen;
  }
  /// Each thread its share of the next message's words; the block barrier behind it hands on what
  /// each thread acquired.
  template <order O>
  RK_DEVICE void take_words(abi::tagged_word* to, unsigned polls) const {
    const std::byte* slot = slot_of(in_ring_, taken_);
    for_own_words([&](std::uint64_t w) { to[w] = take_word<O>(slot, taken_, w, polls); });
  }
  /// Whether these are the next message's words, all of them.
  [[nodiscard]] RK_DEVICE bool are_next(const abi::tagged_word* words) const {
    bool has_all = true;
    RK_UNROLL
    for (std::uint32_t w = 0; w < words_; ++w) has_all = has_all && words[w].tag == taken_ + 1;
    return has_all;
  }
  RK_DEVICE static void copy_from(const abi::tagged_word* words, T& message) {
    RK_UNROLL
    for (std::uint32_t w = 0; w < words_; ++w) {
      const std::uint64_t left = sizeof(T) - w * 8;
      std::memcpy(reinterpret_cast<std::byte*>(&message) + w * 8, &words[w].word,
                  left < 8 ? left : 8);
    }
  }
  /// The same with the next messages of all neighbours.
  [[nodiscard]] RK_DEVICE bool take_unit_words(std::uint64_t* to, unsigned polls) const {
    const detail::crew c = detail::block_crew();
    bool has_all = true;
    RK_NO_UNROLL
    for (std::uint64_t u = c.place; u < std::uint64_t{count_} * words_; u += c.size) {
      const auto n = static_cast<std::uint32_t>(u / words_);
      const std::uint64_t position = progress(n).taken;
      const std::byte* slot = detail::mail_slot(set(), set_->incoming[first_ + n], position);
      const abi::tagged_word seen = take_word<order::acquire>(slot, position, u % words_, polls);
      to[u] = seen.word;
      has_all &= seen.tag == position + 1;
    }
    return has_all;
  }

  /// Gives the leader's status to all threads. Called behind a block barrier.
  [[nodiscard]] RK_DEVICE answer share(status leaders, std::uint64_t limit_ns,
                                       std::uint64_t number = 0) const {
    return detail::share_answer(*self_, answer{number, leaders}, limit_ns);
  }
  RK_DEVICE status refuse(std::uint32_t i) const {
    if (self_->leader) {
      detail::bury(*set_->dead_letters, self_->index, i, status::nobody, sizeof(T));
    }
    return status::nobody;
  }

  [[nodiscard]] RK_DEVICE static bool has_room(const detail::mail_sender& s, std::uint32_t depth) {
    return s.sent - s.known < depth;
  }
  /// Room for one more message to whom this actor sent last. A block barrier.
  [[nodiscard]] RK_DEVICE status find_room(std::uint64_t limit_ns, int line) {
    block_sync();
    status result = status::ok;
    // The leader may know of more than it has told.
    if (self_->leader && !has_room(sender_, set_->depth)) {
      detail::mail_sender held = sender_;  // has an address
      result = detail::wait_for_room(waiting(limit_ns, line), to_, held);
      sender_ = held;
    }
    const answer said = share(result, limit_ns, sender_.known);
    room_until_ = said.number + set_->depth;
    return said.result;
  }
  /// Waits until there is room for a message to each of these neighbours. Its block barrier orders
  /// what the block wrote before what is sent next.
  [[nodiscard]] RK_DEVICE status await_room(std::uint32_t first, std::uint32_t last,
                                            std::uint64_t limit_ns, int line) {
    bool is_full = false;
    for_own(first, last, [&](std::uint32_t n) {
      detail::mail_sender& sender = progress(n).out;
      if (!has_room(sender, set_->depth))
        detail::look_at_reader(set(), set_->channels[first_ + n], sender);
      is_full |= !has_room(sender, set_->depth);
    });
    if (!block_sync_or(is_full)) return status::ok;
    status result = status::ok;
    RK_NO_UNROLL
    for (std::uint32_t n = first; self_->leader && n < last && result == status::ok; ++n) {
      if (has_room(progress(n).out, set_->depth)) continue;
      result = detail::wait_for_room(waiting(limit_ns, line), n, progress(n).out);
    }
    return share(result, limit_ns).result;
  }
  /// Waits for the next message of each of these neighbours. Called behind a block barrier.
  [[nodiscard]] RK_DEVICE status await_each(std::uint32_t first, std::uint32_t last,
                                            std::uint64_t limit_ns, int line) {
    status result = status::ok;
    RK_NO_UNROLL
    for (std::uint32_t n = first; self_->leader && n < last && result == status::ok; ++n) {
      result = detail::wait_for_message(waiting(limit_ns, line), n, progress(n).taken);
    }
    return share(result, limit_ns).result;
  }
  /// The same for larger messages, each thread looking for its own neighbours' at first.
  [[nodiscard]] RK_DEVICE status await_messages(std::uint32_t first, std::uint32_t last,
                                                std::uint64_t limit_ns, int line) {
    bool is_missing = false;
    for_own(first, last, [&](std::uint32_t n) {
      const std::uint32_t channel = set_->incoming[first_ + n];
      const std::uint64_t position = progress(n).taken;
      bool found = detail::is_there(set(), channel, position);
      RK_NO_UNROLL
      for (unsigned p = 1; p < quick_polls_for(limit_ns) && !found; ++p) {
        found = detail::is_there(set(), channel, position);
      }
      is_missing |= !found;
    });
    return block_sync_or(is_missing) ? await_each(first, last, limit_ns, line) : status::ok;
  }
  RK_DEVICE void note_open_exchange(bool is_open) const {
    if (!self_->leader) return;
    detail::publish(set_->channels[first_].exchange_is_open, std::uint64_t{is_open ? 1u : 0u});
  }
  RK_DEVICE void count_sent(std::uint32_t n) const {
    ++progress(n).out.sent;
    detail::note_sent(set(), set_->channels[first_ + n], progress(n).out);
  }
  RK_DEVICE void count_taken(std::uint32_t n) const {
    detail::note_taken(set(), set_->channels[set_->incoming[first_ + n]], ++progress(n).taken);
  }
  RK_DEVICE void hand_over(std::uint32_t first, std::uint32_t last) const {
    static_assert(!is_small_);
    block_sync();
    for_own(first, last, [&](std::uint32_t n) {
      const std::uint64_t sent = progress(n).out.sent;
      std::byte* slot = detail::mail_slot(set(), first_ + n, sent);
      atomic_store<order::release, scope::device>(*reinterpret_cast<std::uint64_t*>(slot),
                                                  sent + 1);
      count_sent(n);
    });
    note_all(abi::event_kind::sent, first, last);
  }
  RK_DEVICE void give_back(std::uint32_t first, std::uint32_t last) const {
    static_assert(!is_small_);
    block_sync();
    for_own(first, last, [&](std::uint32_t n) { count_taken(n); });
    note_all(abi::event_kind::received, first, last);
  }
  /// One event for all; `first` is always among those that the leader counts.
  RK_DEVICE void note_all(abi::event_kind what, std::uint32_t first, std::uint32_t last) const {
    if (!detail::keeps_everything(*self_) || first == last) return;
    const mail_progress& p = progress(first);
    const std::uint64_t number = what == abi::event_kind::sent ? p.out.sent : p.taken;
    detail::keep_event(what, last - first == 1 ? first : abi::every_neighbor, number, clock_ns());
  }

  actor* self_;
  const mailbox_set<T>* set_;
  std::uint32_t first_ = 0;
  std::uint32_t count_ = 0;      ///< 0 once it has left
  std::uint32_t place_ = 0;      ///< in the block's own memory
  std::uint32_t next_turn_ = 0;  ///< of neighbours, in recv_any
  bool is_served_ = false;       ///< it has a place, and few enough neighbours
  bool has_sent_ = false;        ///< an exchange that ended early had sent
  std::uint32_t to_ = nobody_;   ///< neighbour whose `out` this is:
  abi::mail_channel* out_ = nullptr;
  std::byte* out_ring_ = nullptr;
  detail::mail_sender sender_{};  ///< `sent` is the same in all threads
  std::uint64_t room_until_ = 0;  ///< positions below have room, as all threads know
  std::uint32_t from_ = nobody_;  ///< neighbour whose these are:
  abi::mail_channel* in_ = nullptr;
  std::byte* in_ring_ = nullptr;
  std::uint64_t taken_ = 0;
};

}  // namespace RK_BACKEND_NAMESPACE
}  // namespace rk
