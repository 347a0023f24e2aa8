// SPDX-License-Identifier: MIT
// Nothing: a target has to have a source, and the headers of all tests are compiled for this one.
