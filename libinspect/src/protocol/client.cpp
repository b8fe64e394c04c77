#include <algorithm>
#include <cstring>
#include <utility>

#include <rk/error.hpp>
#include <rk/model/objects.hpp>
#include <rk/protocol/client.hpp>
#include <rk/protocol/socket.hpp>

#include "protocol/await_operation.hpp"

namespace rk::protocol {
client::client(file_descriptor socket, std::chrono::milliseconds limit)
    : socket_(std::move(socket)), limit_(limit), reader_(reply_limits) {}

client client::connect(const std::filesystem::path& socket, std::chrono::milliseconds limit) {
  client c(connect_unix(socket, after(limit)), limit);
  c.peer_ = parse_hello_reply(c.call(frame_kind::hello, "{}").text);
  if (c.descriptors_.size() != c.peer_.segments.size() + 1) {
    throw incompatible("the session announced " + std::to_string(c.peer_.segments.size() + 1) +
                       " descriptors and sent " + std::to_string(c.descriptors_.size()));
  }
  return c;
}

frame client::call(frame_kind kind, std::string text, std::vector<std::byte> blob) {
  const deadline until = after(limit_);
  const std::uint32_t request = next_request_++;
  send(encode({kind, request, std::move(text), std::move(blob)}), until);
  std::vector<file_descriptor> unwanted;
  frame answer = receive(until, kind == frame_kind::hello ? descriptors_ : unwanted);
  if (answer.kind == frame_kind::error) throw_error(parse_error_reply(answer.text));
  if (answer.kind != frame_kind::reply || answer.request != request) {
    throw incompatible("the session answered something that was not asked");
  }
  return answer;
}

void client::send(std::span<const std::byte> bytes, deadline until) {
  try {
    while (!bytes.empty()) {
      bytes = bytes.subspan(send_some(socket_.get(), bytes, {}));
      if (!bytes.empty()) wait_writable(socket_.get(), until, "the target takes no request");
    }
  } catch (const disconnected&) {
    // A session that hangs up on us has said why: that is the answer, and receive() finds it.
  }
}

frame client::receive(deadline until, std::vector<file_descriptor>& descriptors) {
  std::vector<std::byte> chunk(std::size_t{64} * 1024);
  bool must_wait = false;
  for (;;) {
    if (auto f = reader_.next()) return std::move(*f);
    // Throws once `until` is past, also for a peer that always has a few bytes more.
    if (must_wait || std::chrono::steady_clock::now() >= until) {
      wait_readable(socket_.get(), until, "the target does not answer");
    }
    const received got = receive_some(socket_.get(), chunk, descriptors);
    if (got.closed) throw disconnected("the target is gone: it closed the connection");
    must_wait = got.would_block;
    reader_.feed(std::span(chunk).first(got.bytes));
  }
}

model::catalogue client::catalogue() {
  return model::parse_catalogue(call(frame_kind::catalogue, "{}").text);
}

status_reply client::status() {
  return parse_status_reply(call(frame_kind::status, "{}").text);
}

void client::stop(const std::string& kernel, bool abort) {
  static_cast<void>(call(frame_kind::stop, to_text(stop_request{kernel, abort})));
}

std::vector<std::byte> client::read(std::span<const read_range> ranges, std::uint64_t cut) {
  std::vector<std::byte> all;
  read_request batch;
  batch.cut = cut;
  std::uint64_t batch_bytes = 0;
  const auto flush = [&] {
    if (batch.ranges.empty()) return;
    const frame answer = call(frame_kind::read, to_text(batch));
    if (answer.blob.size() != batch_bytes) {
      throw incompatible("the session sent " + std::to_string(answer.blob.size()) + " bytes of " +
                         std::to_string(batch_bytes));
    }
    all.insert(all.end(), answer.blob.begin(), answer.blob.end());
    batch.ranges.clear();
    batch_bytes = 0;
  };
  for (read_range r : ranges) {
    while (r.bytes != 0) {
      const std::uint64_t part = std::min(r.bytes, max_read_bytes - batch_bytes);
      batch.ranges.push_back({r.symbol, r.offset, part});
      batch_bytes += part;
      r.offset += part;
      r.bytes -= part;
      if (batch_bytes == max_read_bytes || batch.ranges.size() == max_read_ranges) flush();
    }
  }
  flush();
  return all;
}

model::array_value client::read(const model::catalogue& c, const model::selection& s,
                                std::uint64_t cut) {
  const std::uint64_t element_bytes = c.types[s.type].size;
  const std::vector<model::byte_range> plan = model::plan_ranges(s, element_bytes);
  std::vector<read_range> ranges;
  ranges.reserve(plan.size());
  for (const auto& r : plan) ranges.push_back({s.symbol, r.offset, r.bytes});
  return {s.type, s.shape(), model::gather(s, element_bytes, plan, read(ranges, cut))};
}

std::uint64_t client::process_id() const {
  const auto peer = same_user_peer(socket_.get());
  return peer ? peer->pid : 0;
}

abi::publication client::read_publication(model::symbol_id id) {
  const read_range whole{id, 0, sizeof(abi::publication)};
  const std::vector<std::byte> bytes = read(std::span(&whole, 1));
  abi::publication p{};
  std::memcpy(&p, bytes.data(), sizeof p);
  return p;
}

client::versioned_value client::read_versioned(const model::catalogue& c,
                                               const model::selection& s) {
  const model::symbol& symbol = *c.find(s.symbol);
  const std::string name = model::publication_name(symbol);
  const auto found = std::find_if(c.symbols.begin(), c.symbols.end(),
                                  [&](const model::symbol& other) { return other.name == name; });
  if (found == c.symbols.end() || found->bytes != sizeof(abi::publication)) {
    throw invalid_argument(symbol.name +
                           ": the program brackets no writes of it (session.publication), so it "
                           "cannot be read versioned; read it live, or by a cut");
  }
  const deadline until = after(limit_);
  versioned_value result;
  for (;; ++result.retries) {
    const abi::publication before = read_publication(found->id);
    result.value = read(c, s);
    const abi::publication behind = read_publication(found->id);
    if (behind.writers == 0) {
      throw incompatible(name + " does not say how many blocks write together");
    }
    if (before.ended == behind.begun && behind.begun % behind.writers == 0) {
      result.age_ns = status().monotonic_ns + c.target.device_clock_offset_ns -
                      static_cast<std::int64_t>(before.ended_ns);
      return result;
    }
    if (std::chrono::steady_clock::now() >= until) {
      throw timeout(symbol.name + ": written without a pause that is long enough to read it in " +
                    std::to_string(limit_.count()) + " ms: " + std::to_string(result.retries + 1) +
                    " tries, " + std::to_string(behind.begun) + " writes begun, " +
                    std::to_string(behind.ended) + " ended; a cut needs no pause");
    }
  }
}

operation_reply client::ask(frame_kind kind, std::string text, std::vector<std::byte> blob) {
  return parse_operation_reply(call(kind, std::move(text), std::move(blob)).text);
}

operation_reply client::begin(frame_kind kind, const std::string& text) {
  return begin_in_turn(after(limit_), [&] { return ask(kind, text); });
}

operation_reply client::act(std::uint64_t operation, operation_action action) {
  return ask(frame_kind::operation, to_text(operation_request{operation, action}));
}

operation_reply client::wait_for(operation_reply begun, deadline hurry_at) {
  const std::uint64_t number = begun.operation;
  return await_operation(std::move(begun), {after(limit_), hurry_at},
                         [&](operation_action action) { return act(number, action); });
}

operation_reply client::preempt(const std::string& kernel, int urgency) {
  const deadline hurry_at = urgency == 0
                                ? deadline::max()
                                : std::chrono::steady_clock::now() + limit_ * (100 - urgency) / 100;
  return wait_for(begin(frame_kind::preempt, to_text(kernel_request{kernel})), hurry_at);
}

operation_reply client::resume(const std::string& kernel) {
  return begin(frame_kind::resume, to_text(kernel_request{kernel}));
}

operation_reply client::cut(const cut_request& wanted) {
  return wait_for(begin(frame_kind::cut, to_text(wanted)));
}

std::vector<changed_range> client::changes(const operation_reply& cut) {
  const frame answer = call(frame_kind::operation,
                            to_text(operation_request{cut.operation, operation_action::changes}));
  if (answer.blob.size() % sizeof(changed_range) != 0) {
    throw incompatible("the session sent changes that are cut short");
  }
  std::vector<changed_range> changes(answer.blob.size() / sizeof(changed_range));
  std::memcpy(changes.data(), answer.blob.data(), answer.blob.size());
  return changes;
}

operation_reply client::load(const stage_request& wanted, std::span<const std::byte> values) {
  return load(wanted, values.size(), [&values](std::span<std::byte> to) {
    std::copy_n(values.begin(), to.size(), to.begin());
    values = values.subspan(to.size());
  });
}

operation_reply client::load(const stage_request& wanted, std::uint64_t bytes, const filler& fill) {
  operation_reply now = begin(frame_kind::stage, to_text(wanted));
  try {
    if (now.bytes != bytes) {
      throw invalid_argument("there are " + std::to_string(bytes) + " bytes for " +
                             std::to_string(now.bytes));
    }
    for (std::uint64_t at = 0; at < bytes; at += max_put_bytes) {
      std::vector<std::byte> part(std::min(max_put_bytes, bytes - at));
      fill(part);
      now = ask(frame_kind::put, to_text(put_request{now.operation, at}), std::move(part));
    }
  } catch (const disconnected&) {
    throw;
  } catch (...) {
    release(now);
    throw;
  }
  now = wait_for(act(now.operation, operation_action::commit));
  release(now);
  return now;
}

void client::release(const operation_reply& done) {
  static_cast<void>(act(done.operation, operation_action::release));
}

model::snapshot client::snapshot(model::catalogue known) {
  model::snapshot shot;
  const status_reply now = status();
  shot.catalogue = now.catalogue_revision == known.revision ? std::move(known) : catalogue();
  shot.taken_unix_ns = now.unix_ns;
  shot.taken_monotonic_ns = now.monotonic_ns;

  std::vector<read_range> ranges;
  for (const auto& s : shot.catalogue.symbols) {
    if (!model::is_scalar_symbol(shot.catalogue, s)) continue;
    ranges.push_back({s.id, 0, s.bytes});
    shot.scalars.push_back({s.id, std::vector<std::byte>(s.bytes)});
  }
  std::uint64_t object_bytes = 0;
  for (const auto& s : shot.catalogue.symbols) {
    if (!model::is_object_symbol(shot.catalogue, s)) continue;
    if (s.bytes > model::max_object_bytes - object_bytes) continue;
    object_bytes += s.bytes;
    ranges.push_back({s.id, 0, s.bytes});
    shot.objects.push_back({s.id, std::vector<std::byte>(s.bytes)});
  }
  for (const auto& k : shot.catalogue.kernels) {
    ranges.push_back({k.actors, 0, k.actor_count * sizeof(abi::actor_record)});
  }
  const std::vector<std::byte> bytes = read(ranges);
  const std::byte* at = bytes.data();
  for (auto* values : {&shot.scalars, &shot.objects}) {
    for (auto& value : *values) {
      std::copy_n(at, value.bytes.size(), value.bytes.data());
      at += static_cast<std::ptrdiff_t>(value.bytes.size());
    }
  }
  for (const auto& k : shot.catalogue.kernels) {
    model::kernel_snapshot kernel;
    kernel.id = k.id;
    kernel.actors.resize(k.actor_count);
    const std::size_t size = k.actor_count * sizeof(abi::actor_record);
    std::copy_n(at, size, reinterpret_cast<std::byte*>(kernel.actors.data()));
    at += size;
    const auto known_state = std::find_if(now.kernels.begin(), now.kernels.end(),
                                          [&](const auto& s) { return s.id == k.id; });
    if (known_state != now.kernels.end()) {
      kernel.state = known_state->state;
      kernel.error = known_state->error;
    }
    shot.kernels.push_back(std::move(kernel));
  }
  return shot;
}

}  // namespace rk::protocol
