#include <algorithm>

#include <rk/error.hpp>
#include <rk/protocol/client.hpp>
#include <rk/protocol/socket.hpp>

namespace rk::protocol {
namespace {

/// No number is longer. A session that says so all the same costs us no memory.
constexpr std::uint64_t max_scalar_bytes = 16;

}  // namespace

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

frame client::call(frame_kind kind, std::string text) {
  const deadline until = after(limit_);
  const std::uint32_t request = next_request_++;
  send(encode({kind, request, std::move(text), {}}), until);
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

std::vector<std::byte> client::read(std::span<const read_range> ranges) {
  std::vector<std::byte> all;
  read_request batch;
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

model::array_value client::read(const model::catalogue& c, const model::selection& s) {
  const std::uint64_t element_bytes = c.types[s.type].size;
  const std::vector<model::byte_range> plan = model::plan_ranges(s, element_bytes);
  std::vector<read_range> ranges;
  ranges.reserve(plan.size());
  for (const auto& r : plan) ranges.push_back({s.symbol, r.offset, r.bytes});
  return {s.type, s.shape(), model::gather(s, element_bytes, plan, read(ranges))};
}

model::snapshot client::snapshot(model::catalogue known) {
  model::snapshot shot;
  const status_reply now = status();
  shot.catalogue = now.catalogue_revision == known.revision ? std::move(known) : catalogue();
  shot.taken_unix_ns = now.unix_ns;
  shot.taken_monotonic_ns = now.monotonic_ns;

  std::vector<read_range> ranges;
  for (const auto& s : shot.catalogue.symbols) {
    const bool wanted = !s.runtime && s.shape.empty() && s.bytes <= max_scalar_bytes &&
                        model::is_scalar(shot.catalogue.types[s.type]);
    if (!wanted) continue;
    ranges.push_back({s.id, 0, s.bytes});
    shot.scalars.push_back({s.id, std::vector<std::byte>(s.bytes)});
  }
  for (const auto& k : shot.catalogue.kernels) {
    ranges.push_back({k.actors, 0, k.actor_count * sizeof(abi::actor_record)});
  }
  const std::vector<std::byte> bytes = read(ranges);
  const std::byte* at = bytes.data();
  for (auto& scalar : shot.scalars) {
    std::copy_n(at, scalar.bytes.size(), scalar.bytes.data());
    at += scalar.bytes.size();
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
