#pragma once

#include <cstdint>
#include <cstring>

#include <rk/abi/compiler.hpp>
#include <rk/abi/inbox.hpp>
#include <rk/device/actor.cuh>
#include <rk/device/mail_end.cuh>
#include <rk/device/region_copy.cuh>
#include <rk/device/tagged_word.cuh>
#include <rk/device/wait.cuh>

/// Letters to any actor by its address, and who sent them.
/// ```
/// rk::actor_port port(self, office);     // session.create_post_office("mail", {blocks})
/// work w{};
/// rk::actor_address from;
/// if (rk::actor_recv(port, from, w, 1'000'000) == rk::status::ok) rk::actor_send(port, from,
/// done(w));
/// ```
/// Each actor has one bounded inbox for all who write to it. The letters of one sender arrive in
/// the order in which it sent them; between senders there is no order. Where the partners are known
/// beforehand a mailbox (rk/device/mailbox.cuh) is quicker: nobody shares its words.
namespace rk {
inline namespace RK_BACKEND_NAMESPACE {

/// An actor's own inbox, and its way to all others'. Make it behind `rk::start`. When it goes out
/// of scope others learn that nobody reads the inbox any more, unless the kernel was preempted. If
/// symbols were replaced (rk::state_replaced), call `reload`.
class actor_port {
 public:
  RK_DEVICE actor_port(actor& self, const post_office& office) : self_(&self), office_(&office) {
    if (office.kernel >= office.kernel_count) return;
    const abi::route own = office.routes[office.kernel];
    if (self.index >= own.blocks) return;
    number_ = own.first + self.index;
    reload();
  }
  RK_DEVICE ~actor_port() {
    if (block_sync_or(self_->leader && detail::leaves_in_order(*self_))) leave();
  }
  actor_port(const actor_port&) = delete;
  actor_port& operator=(const actor_port&) = delete;

  [[nodiscard]] RK_DEVICE actor_address address() const {
    return {office_->device, office_->kernel, self_->index};
  }
  /// Nobody reads this inbox any more; who writes to it hears `gone`.
  RK_DEVICE void leave() {
    block_sync();
    if (self_->leader && number_ != nobody_) {
      detail::publish<order::release>(own().reader_left, std::uint64_t{1});
    }
    number_ = nobody_;
  }
  /// Goes on from where the inbox is.
  RK_DEVICE void reload() {
    if (number_ == nobody_) return;
    taken_ = atomic_load<order::relaxed, scope::system>(own().taken);
  }

  /// Sends a letter, if there is room; waits for it at most `limit_ns`. `letter` is the same in all
  /// threads of the block, which all call this. What the block wrote before is visible to whoever
  /// has taken the letter. Returns `full`, `timed_out`, `interrupted`, `aborted` as a mailbox does;
  /// `nobody` for an address that there is not, `gone` if its actor reads no more, `wrong_size` for
  /// a letter larger than the post office takes: these three are kept as dead letters.
  template <class T>
  [[nodiscard]] RK_DEVICE status send(actor_address to, const T& letter, std::uint64_t limit_ns = 0,
                                      int line = __builtin_LINE()) {
    static_assert(sizeof(T) <= abi::max_letter_bytes);
    const std::uint32_t inbox = find(to);
    block_sync();
    answer said{};
    if (self_->leader) said = claim(inbox, sizeof(T), limit_ns, line);
    said = detail::share_answer(*self_, said, limit_ns);
    if (said.result != status::ok) return said.result;
    abi::letter_slot& place = slot(*office_, inbox, said.position);
    if (self_->leader && said.position % abi::sampled_messages == 0) {
      detail::publish(place.sent_ns, clock_ns());
    }
    const detail::crew c = detail::block_crew();
    RK_NO_UNROLL
    for (std::uint64_t w = c.place; w < abi::letter_words(sizeof(T)); w += c.size) {
      std::uint64_t word = 0;
      if (w == 0) word = first_word(address());
      if (w == 1) word = second_word(address(), sizeof(T));
      if (w >= abi::letter_head_words) {
        const std::uint64_t at = (w - abi::letter_head_words) * 8;
        const std::uint64_t left = sizeof(T) - at;
        std::memcpy(&word, reinterpret_cast<const std::byte*>(&letter) + at, left < 8 ? left : 8);
      }
      detail::store_tagged<order::release, scope::system>(words_of(place)[w], said.position + 1,
                                                          word);
    }
    detail::keep_if_everything(*self_, abi::event_kind::sent, inbox, said.position + 1);
    return status::ok;
  }

  /// Takes the next letter, and tells who sent it. Called by all threads of a block. Acquires what
  /// the sender's block wrote before. Returns `empty`, `timed_out`, `interrupted`, `aborted` as a
  /// mailbox does; `wrong_size` if the letter has another size than T: then it stays where it is,
  /// and `peek` tells more.
  template <class T>
  [[nodiscard]] RK_DEVICE status recv(actor_address& from, T& letter, std::uint64_t limit_ns = 0,
                                      int line = __builtin_LINE()) {
    constexpr std::uint32_t words = (sizeof(T) + 7) / 8;
    __shared__ std::uint64_t held[words];
    block_sync();
    answer said{};
    if (self_->leader) {
      said = look(limit_ns, line);
      if (said.result == status::ok && said.bytes != sizeof(T)) said.result = status::wrong_size;
    }
    said = detail::share_answer(*self_, said, limit_ns);
    if (said.result != status::ok) return said.result;
    const auto* stored = words_of(slot(*office_, number_, taken_)) + abi::letter_head_words;
    const detail::crew c = detail::block_crew();
    RK_NO_UNROLL
    for (std::uint64_t w = c.place; w < words; w += c.size) {
      held[w] = load(stored[w]).word;
    }
    block_sync();
    std::memcpy(&letter, held, sizeof letter);
    from = said.from;
    free_slot();
    detail::keep_if_everything(*self_, abi::event_kind::received, from.block, taken_);
    return status::ok;
  }

  /// Tells who sent the next letter and how large it is, and leaves it where it is. As `recv`.
  [[nodiscard]] RK_DEVICE status peek(actor_address& from, std::uint32_t& bytes,
                                      std::uint64_t limit_ns = 0, int line = __builtin_LINE()) {
    block_sync();
    answer said{};
    if (self_->leader) said = look(limit_ns, line);
    said = detail::share_answer(*self_, said, limit_ns);
    if (said.result != status::ok) return said.result;
    from = said.from;
    bytes = said.bytes;
    return status::ok;
  }

 private:
  static constexpr std::uint32_t nobody_ = ~0u;

  /// What the leader tells the block at the end of a wait.
  struct answer {
    std::uint64_t position;
    status result;
    std::uint32_t bytes;
    actor_address from;
  };

  [[nodiscard]] RK_DEVICE abi::inbox& own() const { return office_->inboxes[number_]; }
  [[nodiscard]] RK_DEVICE static abi::letter_slot& slot(const post_office& office,
                                                        std::uint32_t inbox,
                                                        std::uint64_t position) {
    const std::uint64_t place = position & (office.depth - 1);
    return *reinterpret_cast<abi::letter_slot*>(
        office.slots + (std::uint64_t{inbox} * office.depth + place) * office.slot_bytes);
  }
  [[nodiscard]] RK_DEVICE static abi::tagged_word* words_of(abi::letter_slot& s) {
    return reinterpret_cast<abi::tagged_word*>(&s + 1);
  }
  [[nodiscard]] RK_DEVICE static abi::tagged_word load(const abi::tagged_word& from) {
    return detail::load_tagged<order::acquire, scope::system>(from);
  }
  [[nodiscard]] RK_DEVICE static std::uint64_t first_word(actor_address a) {
    return std::uint64_t{a.kernel} << 32 | a.block;
  }
  [[nodiscard]] RK_DEVICE static std::uint64_t second_word(actor_address a, std::uint32_t bytes) {
    return std::uint64_t{bytes} << 32 | a.device;
  }

  /// Claims a place in an inbox.
  struct claim_poll {
    const post_office& office;
    std::uint32_t inbox;
    std::uint64_t position = 0;
    status end = status::ok;
    std::uint64_t observed = 0;
    RK_DEVICE bool operator()(unsigned) {
      abi::inbox& to = office.inboxes[inbox];
      position = atomic_load<order::relaxed, scope::system>(to.claimed);
      for (;;) {
        if (atomic_load<order::acquire, scope::system>(to.reader_left) != 0) {
          end = status::gone;
          return true;
        }
        const std::uint64_t lap = position / office.depth;
        std::uint64_t& freed = slot(office, inbox, position).freed;
        if (atomic_load<detail::tagged_reuse_load, scope::system>(freed) == lap) {
          const std::uint64_t next = position + 1;
          if (atomic_cas<order::relaxed, scope::system>(to.claimed, position, next)) return true;
          continue;
        }
        // Full, unless others went on meanwhile.
        const std::uint64_t now = atomic_load<order::relaxed, scope::system>(to.claimed);
        if (now == position) return false;
        position = now;
      }
    }
    RK_DEVICE std::uint64_t expected() const { return position + 1; }
  };

  /// Looks for a whole letter.
  struct letter_poll {
    abi::tagged_word* words;
    std::uint64_t tag;
    std::uint32_t bytes = 0;
    actor_address from{};
    status end = status::ok;
    std::uint64_t observed = 0;
    RK_DEVICE bool operator()(unsigned) {
      const abi::tagged_word first = load(words[0]);
      const abi::tagged_word second = load(words[1]);
      if (first.tag != tag || second.tag != tag) return false;
      bytes = static_cast<std::uint32_t>(second.word >> 32);
      RK_NO_UNROLL
      for (std::uint32_t w = abi::letter_head_words; w < abi::letter_words(bytes); ++w) {
        if (load(words[w]).tag != tag) return false;
      }
      from.kernel = static_cast<std::uint32_t>(first.word >> 32);
      from.block = static_cast<std::uint32_t>(first.word);
      from.device = static_cast<std::uint32_t>(second.word);
      return true;
    }
    RK_DEVICE std::uint64_t expected() const { return tag; }
  };

  template <class Poll>
  [[nodiscard]] RK_DEVICE status wait(Poll& poll, abi::wait_kind kind, std::uint32_t object,
                                      std::uint64_t limit_ns, int line) const {
    return detail::wait_or_look(kind, object, line, limit_ns, poll);
  }

  /// Number of the inbox at an address.
  [[nodiscard]] RK_DEVICE std::uint32_t find(actor_address a) const {
    if (a.device != office_->device || a.kernel >= office_->kernel_count) return nobody_;
    const abi::route r = office_->routes[a.kernel];
    return a.block < r.blocks ? r.first + a.block : nobody_;
  }
  /// Leader's part of sending: a place for the letter.
  [[nodiscard]] RK_DEVICE answer claim(std::uint32_t to, std::uint32_t bytes,
                                       std::uint64_t limit_ns, int line) const {
    answer said{};
    if (number_ == nobody_ || to == nobody_) {
      said.result = status::nobody;
    } else if (bytes > office_->letter_bytes) {
      said.result = status::wrong_size;
    } else {
      claim_poll poll{*office_, to};
      said.result = wait(poll, abi::wait_kind::room, to, limit_ns, line);
      said.position = poll.position;
    }
    switch (said.result) {
      case status::full:
      case status::timed_out:
        atomic_add<order::relaxed, scope::system>(office_->inboxes[to].rejected, std::uint64_t{1});
        break;
      case status::nobody:
      case status::wrong_size:
      case status::gone:
        detail::bury(*office_->dead_letters, number_, to, said.result, bytes);
        break;
      default:
        break;
    }
    return said;
  }
  /// Leader's part of taking: who wrote, and how much.
  [[nodiscard]] RK_DEVICE answer look(std::uint64_t limit_ns, int line) const {
    answer said{};
    if (number_ == nobody_) {
      said.result = status::nobody;
      return said;
    }
    letter_poll poll{words_of(slot(*office_, number_, taken_)), taken_ + 1};
    said.result = wait(poll, abi::wait_kind::message, number_, limit_ns, line);
    said.bytes = poll.bytes;
    said.from = poll.from;
    return said;
  }
  /// Behind a block barrier that came after the last look at the letter.
  RK_DEVICE void free_slot() {
    const std::uint64_t position = taken_++;
    if (!self_->leader) return;
    abi::letter_slot& s = slot(*office_, number_, position);
    const std::uint64_t sent_ns = atomic_load<order::relaxed, scope::system>(s.sent_ns);
    const std::uint64_t claimed = atomic_load<order::relaxed, scope::system>(own().claimed);
    const std::uint64_t times = position / office_->depth + 1;
    atomic_store<detail::tagged_reuse_store, scope::system>(s.freed, times);
    detail::publish(own().taken, taken_);
    const std::uint64_t lay = claimed - position;
    if (lay > atomic_load<order::relaxed, scope::system>(own().high_water)) {
      detail::publish(own().high_water, lay);
    }
    if (position % abi::sampled_messages != 0) return;
    const std::uint64_t now = clock_ns();
    detail::publish(own().queued_ns, now > sent_ns ? now - sent_ns : 0);
  }

  actor* self_;
  const post_office* office_;
  std::uint32_t number_ = nobody_;  ///< of the own inbox
  std::uint64_t taken_ = 0;
};

}  // namespace RK_BACKEND_NAMESPACE
}  // namespace rk
