// SPDX-License-Identifier: MIT
/// Eigen's solver for the eigenvalues and eigenvectors of symmetric matrices, without the rest of
/// its module: that brings geometry, LU and SVD, a tenth of the time to compile the umbrella.
#pragma once

#include <Eigen/Core>

#if EIGEN_VERSION_AT_LEAST(3, 4, 90)  // its parts cannot be included any more
#include <Eigen/Eigenvalues>
#else
#include <Eigen/Householder>
#include <Eigen/Jacobi>
#include <Eigen/src/Eigenvalues/SelfAdjointEigenSolver.h>
#endif
