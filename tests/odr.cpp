// SPDX-License-Identifier: MIT
// Linked into every test program: a header that defines something twice fails the link.
#include <cytode/cytode.hpp>
