#pragma once

#include <cstdint>
#include <vector>

#include <rk/abi/index3.hpp>

namespace rk {

/// Which cells around one are its neighbours, in a grid.
enum class stencil : std::uint8_t {
  faces = 6,     ///< those that share a face
  edges = 18,    ///< and those that share an edge
  corners = 26,  ///< and those that share a corner
};

/// Who is whose neighbour among a kernel's actors. Plain data; actor numbers run x fastest, as
/// block numbers do.
class topology {
 public:
  /// Actors in a line, a plane or a box. Extents of 1 are no dimension.
  [[nodiscard]] static topology grid(extent3 extents, stencil s = stencil::faces);
  /// The same, closed in every dimension: the last actor's neighbour is the first.
  [[nodiscard]] static topology torus(extent3 extents, stencil s = stencil::faces);
  /// Actors in a circle, each with the one before and the one behind.
  [[nodiscard]] static topology ring(std::uint32_t actors);
  /// `neighbors[a]` are those of actor a. Throws `rk::invalid_argument`, with the actors, for a
  /// neighbour that there is not, that is named twice or is the actor itself, and for an edge that
  /// leads one way only.
  [[nodiscard]] static topology custom(std::vector<std::vector<std::uint32_t>> neighbors);

  [[nodiscard]] std::uint32_t actor_count() const noexcept {
    return static_cast<std::uint32_t>(neighbors_.size());
  }
  /// Of one actor, in the order of directions: -x +x -y +y -z +z, then edges, then corners; where a
  /// torus is so small that two of them are the same actor, it stands there once.
  [[nodiscard]] const std::vector<std::uint32_t>& neighbors(std::uint32_t actor) const {
    return neighbors_.at(actor);
  }
  /// Most neighbours that one actor has.
  [[nodiscard]] std::uint32_t max_neighbors() const noexcept;
  /// Steps within which actor 0's word reaches every other, from neighbour to neighbour; at least
  /// 1. Throws `rk::invalid_argument` if some actor cannot be reached.
  [[nodiscard]] std::uint32_t reach() const;

 private:
  explicit topology(std::vector<std::vector<std::uint32_t>> neighbors)
      : neighbors_(std::move(neighbors)) {}
  [[nodiscard]] static topology box(extent3 extents, stencil s, bool is_closed);

  std::vector<std::vector<std::uint32_t>> neighbors_;
};

}  // namespace rk
