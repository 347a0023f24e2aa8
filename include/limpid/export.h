/* SPDX-License-Identifier: MIT */
/* LIMPID_API marks what a shared library exports. A static library exports nothing when linked with
 * the flags of its CMake package or limpid.pc, so two plug-ins of one host may each contain it. */
#ifndef LIMPID_EXPORT_H
#define LIMPID_EXPORT_H

#if !defined(LIMPID_SHARED)
#define LIMPID_API
#elif !defined(_WIN32)
#define LIMPID_API __attribute__((visibility("default")))
#elif defined(LIMPID_BUILDING)
#define LIMPID_API __declspec(dllexport)
#else
#define LIMPID_API __declspec(dllimport)
#endif

#endif
