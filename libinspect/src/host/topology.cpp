#include <algorithm>
#include <cstdlib>
#include <string>

#include <rk/error.hpp>
#include <rk/host/topology.hpp>

namespace rk {
namespace {

constexpr std::uint64_t max_topology_actors = 1u << 20;

struct direction {
  int x, y, z;
  [[nodiscard]] int steps() const { return std::abs(x) + std::abs(y) + std::abs(z); }
};

/// Faces, then edges, then corners; -x +x -y +y -z +z first.
std::vector<direction> directions(stencil s) {
  std::vector<direction> all{{-1, 0, 0}, {1, 0, 0}, {0, -1, 0}, {0, 1, 0}, {0, 0, -1}, {0, 0, 1}};
  const int most = s == stencil::faces ? 1 : s == stencil::edges ? 2 : 3;
  for (int wanted = 2; wanted <= most; ++wanted) {
    for (int z = -1; z <= 1; ++z) {
      for (int y = -1; y <= 1; ++y) {
        for (int x = -1; x <= 1; ++x) {
          if (direction{x, y, z}.steps() == wanted) all.push_back({x, y, z});
        }
      }
    }
  }
  return all;
}

/// Coordinate `at` moved by `step`; false if that leaves the box.
bool move(std::uint32_t at, int step, std::uint32_t extent, bool is_closed, std::uint32_t& to) {
  const std::int64_t moved = std::int64_t{at} + step;
  const bool is_inside = moved >= 0 && moved < extent;
  if (!is_inside && !is_closed) return false;
  to = static_cast<std::uint32_t>((moved + extent) % extent);
  return true;
}

std::string name_of(std::size_t actor) {
  return "actor " + std::to_string(actor);
}

void require_size(std::uint64_t actors) {
  if (actors != 0 && actors <= max_topology_actors) return;
  throw invalid_argument("a topology has 1 to " + std::to_string(max_topology_actors) +
                         " actors, not " + std::to_string(actors));
}

}  // namespace

topology topology::box(extent3 e, stencil s, bool is_closed) {
  if (e.x > max_topology_actors || e.y > max_topology_actors || e.z > max_topology_actors) {
    require_size(0);
  }
  require_size(e.count());
  const std::vector<direction> around = directions(s);
  std::vector<std::vector<std::uint32_t>> all(e.count());
  for (std::uint32_t z = 0; z < e.z; ++z) {
    for (std::uint32_t y = 0; y < e.y; ++y) {
      for (std::uint32_t x = 0; x < e.x; ++x) {
        const std::uint32_t own = (z * e.y + y) * e.x + x;
        for (const direction& d : around) {
          index3 to;
          if (!move(x, d.x, e.x, is_closed, to.x) || !move(y, d.y, e.y, is_closed, to.y) ||
              !move(z, d.z, e.z, is_closed, to.z)) {
            continue;
          }
          const std::uint32_t other = (to.z * e.y + to.y) * e.x + to.x;
          auto& known = all[own];
          const bool is_known = std::find(known.begin(), known.end(), other) != known.end();
          if (other != own && !is_known) known.push_back(other);
        }
      }
    }
  }
  return topology(std::move(all));
}

topology topology::grid(extent3 extents, stencil s) {
  return box(extents, s, false);
}
topology topology::torus(extent3 extents, stencil s) {
  return box(extents, s, true);
}
topology topology::ring(std::uint32_t actors) {
  return box({actors, 1, 1}, stencil::faces, true);
}

topology topology::custom(std::vector<std::vector<std::uint32_t>> neighbors) {
  require_size(neighbors.size());
  const auto has = [&](std::size_t of, std::size_t wanted) {
    const auto& list = neighbors[of];
    return std::find(list.begin(), list.end(), wanted) != list.end();
  };
  for (std::size_t own = 0; own < neighbors.size(); ++own) {
    for (auto at = neighbors[own].begin(); at != neighbors[own].end(); ++at) {
      const std::string edge = name_of(own) + " has neighbour " + std::to_string(*at);
      if (*at >= neighbors.size()) {
        throw invalid_argument("topology: " + edge + ", but there are " +
                               std::to_string(neighbors.size()) + " actors");
      }
      if (*at == own) throw invalid_argument("topology: " + name_of(own) + " is its own neighbour");
      if (std::find(neighbors[own].begin(), at, *at) != at) {
        throw invalid_argument("topology: " + edge + " twice");
      }
      if (!has(*at, own)) {
        throw invalid_argument("topology: " + edge + ", but " + name_of(*at) + " does not have " +
                               std::to_string(own) + ": give both the edge");
      }
    }
  }
  return topology(std::move(neighbors));
}

std::uint32_t topology::max_neighbors() const noexcept {
  std::size_t most = 0;
  for (const auto& list : neighbors_) most = std::max(most, list.size());
  return static_cast<std::uint32_t>(most);
}

std::uint32_t topology::reach() const {
  constexpr std::uint32_t unknown = ~0u;
  std::vector<std::uint32_t> distance(neighbors_.size(), unknown);
  std::vector<std::uint32_t> front{0};
  distance[0] = 0;
  // Breadth first: the last one found is the farthest.
  for (std::size_t i = 0; i < front.size(); ++i) {
    for (const std::uint32_t other : neighbors_[front[i]]) {
      if (distance[other] != unknown) continue;
      distance[other] = distance[front[i]] + 1;
      front.push_back(other);
    }
  }
  const auto lost = std::find(distance.begin(), distance.end(), unknown);
  if (lost != distance.end()) {
    throw invalid_argument("topology: no way leads from actor 0 to " +
                           name_of(static_cast<std::size_t>(lost - distance.begin())));
  }
  return std::max(1u, distance[front.back()]);
}

}  // namespace rk
