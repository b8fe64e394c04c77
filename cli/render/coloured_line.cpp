#include "render/coloured_line.hpp"

#include <utility>

namespace rk::render {

void coloured_line::put(std::string_view characters, std::optional<rgb> front,
                        std::optional<rgb> behind) {
  if ((front_ && !front) || (behind_ && !behind)) reset();
  if (front && front != front_) text_ += select_colour(*front, layer::foreground, where_);
  if (behind && behind != behind_) text_ += select_colour(*behind, layer::background, where_);
  front_ = front;
  behind_ = behind;
  text_ += characters;
}

std::string coloured_line::finish() {
  if (front_ || behind_) reset();
  return std::exchange(text_, {});
}

void coloured_line::reset() {
  text_ += reset_colour(where_);
  front_.reset();
  behind_.reset();
}

}  // namespace rk::render
